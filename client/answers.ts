import type { ResponseOf, RouteName, Routes } from '../protocol/routes.ts'
import type { SignedParts } from '../protocol/schemas.ts'
import {
  checksumAlgorithm,
  crcAlgorithm,
  list,
  members,
  number,
  oneOf,
  optional,
  type Reader,
  record,
  text,
  variants,
  whole,
} from './reader.ts'

/** How the answers of the API are read; a test holds them to the API's schemas. */

const checksum = optional(members({ algorithm: crcAlgorithm, value: text }))
const headers = record(text)
const expiry = { expiresAt: text, expiresIn: number }

const signedUrls = members({
  parts: list(members({ partNumber: whole, size: whole, url: text, headers })),
  ...expiry,
})
const signedTemplate = members({
  ...{ urlTemplate: text, from: whole, to: whole, signatures: text, headers },
  ...expiry,
})
const signed: Reader<SignedParts> = (value) => (Object(value).parts ? signedUrls : signedTemplate)(value)

const upload = {
  key: text,
  uploadId: text,
  size: whole,
  partSize: whole,
  partCount: number,
  checksumAlgorithm,
  abortDate: optional(text),
}
const page = { next: optional(text) }

export const answers: { readonly [Name in RouteName]: Reader<ResponseOf<Routes[Name]>> } = {
  describe: members({
    version: text,
    auth: oneOf('none', 'iam', 'jwt', 'cognito'),
    issuer: optional(text),
    clientId: optional(text),
    region: text,
    maxObjectSize: whole,
    checksums: list(text),
  }),
  initiate: variants('kind', {
    single: members({
      ...{ key: text, method: oneOf('PUT'), url: text, headers, expiresAt: text },
    }),
    multipart: members({ ...upload, signed }),
  }),
  presign: members({ signed }),
  'list-parts': members({
    ...upload,
    parts: list(members({ partNumber: number, size: whole, etag: text, checksum })),
  }),
  complete: members({
    key: text,
    size: whole,
    etag: text,
    checksum,
    versionId: optional(text),
    location: text,
  }),
  abort: () => undefined,
  'list-uploads': members({
    uploads: list(
      members({
        ...{ key: text, uploadId: text, fileName: text, size: whole, partSize: whole, initiated: text },
        ...{ parts: optional(number), bytes: optional(whole), abortDate: optional(text) },
      }),
    ),
    ...page,
  }),
  'list-objects': members({
    objects: list(members({ key: text, fileName: text, size: whole, modified: text })),
    ...page,
  }),
  download: members({
    ...{ key: text, url: text, fileName: text, size: whole, etag: text, checksum, contentType: text },
    ...{ partCount: optional(number), partSize: optional(whole) },
    ...expiry,
  }),
}

/** Its further members are of use, too. */
export const problem = members({
  type: text,
  title: text,
  status: number,
  detail: optional(text),
  requestId: optional(text),
})
