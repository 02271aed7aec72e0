/** The administrator of the emulated account. Its signatures are not verified; those of IAM's users and roles are. */
export const ADMINISTRATOR = { accessKeyId: 'administrator', secretAccessKey: 'administrator-secret' }
export const REGION = 'us-east-1'

export const ACCOUNT = '000000000000'
