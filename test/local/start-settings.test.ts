import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { readSettings, SettingError } from '../../local/settings.ts'

test.each<[NodeJS.ProcessEnv, object]>([
  [
    {},
    {
      port: 8080,
      s3Port: 8081,
      dataDirectory: resolve('.partway'),
      lifecycleDayMs: 86_400_000,
      completeDelayMs: 0,
      dropPartBytes: false,
    },
  ],
  [
    { PORT: '', PARTWAY_DATA: '' },
    { port: 8080, dataDirectory: resolve('.partway') },
  ],
  [
    { PORT: '0', S3_PORT: '9000' },
    { port: 0, s3Port: 9000 },
  ],
  [{ PARTWAY_DATA: '/data/films' }, { dataDirectory: '/data/films' }],
  [
    { PARTWAY_LIFECYCLE_DAY_MS: '1000', PARTWAY_COMPLETE_DELAY_MS: '40000', PARTWAY_DROP_PART_BYTES: '1' },
    { lifecycleDayMs: 1000, completeDelayMs: 40_000, dropPartBytes: true },
  ],
  [{}, { hosts: [] }],
  [{ PARTWAY_HOSTS: 'Films.test, host.docker.internal,' }, { hosts: ['films.test', 'host.docker.internal'] }],
  [{}, { origins: [] }],
  [
    { PARTWAY_ORIGINS: 'http://localhost:5173, https://films.test' },
    { origins: ['http://localhost:5173', 'https://films.test'] },
  ],
  [{ PARTWAY_AUTH: 'none' }, { port: 8080 }],
  [{ PARTWAY_AUTH: 'jwt' }, { auth: 'jwt', oidcPort: 8082 }],
  [{ PARTWAY_AUTH: 'iam' }, { auth: 'iam' }],
])('%j', (environment, settings) => {
  expect(readSettings(environment)).toMatchObject(settings)
})

test.each([
  [{ PORT: 'http' }, /^Expected PORT to be a whole number from 0 to 65535, got "http"\.$/],
  [{ S3_PORT: '65536' }, /^Expected S3_PORT to be a whole number from 0 to 65535, got "65536"\.$/],
  [{ PORT: '8081' }, /^Expected PORT, S3_PORT and OIDC_PORT to differ, got 8081, 8081/],
  [{ PARTWAY_DROP_PART_BYTES: 'yes' }, /^Expected PARTWAY_DROP_PART_BYTES to be 0 or 1, got "yes"\.$/],
  [{ PARTWAY_LIFECYCLE_DAY_MS: '0' }, /^Expected PARTWAY_LIFECYCLE_DAY_MS to be a whole number from 1 /],
  [{ PARTWAY_COMPLETE_DELAY_MS: '1.5' }, /^Expected PARTWAY_COMPLETE_DELAY_MS to be a whole number from 0 /],
  [{ PARTWAY_HOSTS: 'films.test:8080' }, /^Expected PARTWAY_HOSTS to be names of hosts without a port/],
  [
    { PARTWAY_ORIGINS: 'http://localhost:5173/' },
    /^Expected PARTWAY_ORIGINS to be origins of pages, such as /,
  ],
  [{ PARTWAY_ORIGINS: '*' }, /^Expected PARTWAY_ORIGINS .* separated by commas, got "\*"\.$/],
  [{ PARTWAY_AUTH: 'cognito' }, /^Expected PARTWAY_AUTH to be none, jwt or iam, got "cognito"/],
])('%j is refused', (environment, message) => {
  expect(() => readSettings(environment)).toThrow(SettingError)
  expect(() => readSettings(environment)).toThrow(message)
})
