import {
  AbortMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3'
import { BUCKET } from './bucket.ts'
import { sha256 } from './told.ts'

/** What S3 holds of one file, looked at, and disturbed, behind everybody's back. */
export class Shelf {
  readonly #client: S3Client
  readonly #fileName: string

  constructor(client: S3Client, fileName: string) {
    this.#client = client
    this.#fileName = fileName
  }

  /** By key: the SHA-256 of each object. */
  async objects(): Promise<Map<string, string>> {
    const { Contents = [] } = await this.#client.send(new ListObjectsV2Command({ Bucket: BUCKET }))
    const objects = new Map<string, string>()
    for (const { Key = '' } of Contents.filter(({ Key }) => this.#isOwn(Key))) {
      const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: BUCKET, Key }))
      objects.set(Key, sha256((await Body?.transformToByteArray()) ?? new Uint8Array()))
    }
    return objects
  }

  /** The ids of uploads that are not complete. */
  async unfinished(): Promise<string[]> {
    const { Uploads = [] } = await this.#client.send(new ListMultipartUploadsCommand({ Bucket: BUCKET }))
    return Uploads.flatMap(({ Key, UploadId = '' }) => (this.#isOwn(Key) ? [UploadId] : []))
  }

  async abort(Key: string, UploadId: string): Promise<void> {
    const command = new AbortMultipartUploadCommand({ Bucket: BUCKET, Key, UploadId })
    await this.#client.send(command).catch((error: Error) => {
      if (error.name !== 'NoSuchUpload') throw error
    })
  }

  async replace(Key: string, Body: Uint8Array): Promise<void> {
    await this.#client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }))
  }

  #isOwn(key: string | undefined): boolean {
    return key?.endsWith(`/${this.#fileName}`) ?? false
  }
}
