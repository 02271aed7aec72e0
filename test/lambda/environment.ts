/** The environment that the stack gives its functions. Import before any handler: it is read at load. */
export const environment = {
  BUCKET: 'uploads-bucket',
  KEY_PREFIX: 'uploads',
  AUTH: 'none',
  MAX_OBJECT_SIZE: '53687091200000',
  URL_LIFETIME: '3600',
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret-example',
  AWS_SESSION_TOKEN: 'session-token-example'.repeat(60),
}

Object.assign(process.env, environment)
