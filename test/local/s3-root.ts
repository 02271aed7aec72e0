import type { Principal } from '../../local/s3/server.ts'

export const REGION = 'us-east-1'
export const root: Principal = {
  accessKeyId: 'partway',
  secretAccessKey: 'partwaylocal',
  allows: () => true,
}
