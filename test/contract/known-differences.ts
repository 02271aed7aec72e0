import type { EngineName } from './engine.ts'

export interface KnownDifference {
  /** What the engine does in place of S3's behaviour. */
  instead: string
  /** How the tests' failure reads, so that they cannot fail for another reason unnoticed. */
  failure: RegExp
  /** The tests that fail for it. */
  tests: readonly string[]
}

/** Ceph's RADOS Gateway 16.2, as Debian 12 packages it. */
const rgw: readonly KnownDifference[] = [
  {
    instead: 'ignores checksums of requests',
    failure: /^Error: expected S3 to refuse, but it accepted$/,
    tests: [
      'CompleteMultipartUpload with a wrong CRC64NVME is BadDigest, and the parts are kept',
      'CompleteMultipartUpload with a wrong CRC32 is BadDigest, and the parts are kept',
      'CompleteMultipartUpload with a wrong CRC32C is BadDigest, and the parts are kept',
      'PutObject with a wrong CRC64NVME is BadDigest, and nothing is stored',
      'PutObject with a wrong CRC32 is BadDigest, and nothing is stored',
      'PutObject with a wrong CRC32C is BadDigest, and nothing is stored',
      'UploadPart with a wrong CRC64NVME is BadDigest',
      'UploadPart with a wrong CRC32 is BadDigest',
      'UploadPart with a wrong CRC32C is BadDigest',
      "the whole object's checksum without its type is refused",
      'a checksum type for an upload that has no algorithm is refused',
      'with a checksum algorithm, part numbers have to be consecutive',
      'SHA-256 is no full-object checksum',
    ],
  },
  {
    instead: 'ignores a checksum that is signed',
    failure:
      /expected \{ status: 200, code: undefined \} to deeply equal \{ status: 400, code: 'BadDigest' \}/,
    tests: ['a presigned part with a signed checksum refuses other bytes'],
  },
  {
    instead: 'computes and stores no checksums',
    failure: /expected (undefined to be '|\[ undefined, undefined \] to deeply equal)/,
    tests: [
      "ListParts returns each part's CRC64NVME although none was sent",
      "ListParts returns each part's CRC32 although none was sent",
      "ListParts returns each part's CRC32C although none was sent",
      "CompleteMultipartUpload takes the whole object's CRC64NVME, and HeadObject returns it",
      "CompleteMultipartUpload takes the whole object's CRC32, and HeadObject returns it",
      "CompleteMultipartUpload takes the whole object's CRC32C, and HeadObject returns it",
      'CRC32 without a type is COMPOSITE',
      'PutObject with a right checksum stores it, for HeadObject to return',
    ],
  },
  {
    instead: 'ignores If-None-Match and x-amz-mp-object-size at Complete, and sorts the parts itself',
    failure: /^Error: expected S3 to refuse, but it accepted$/,
    tests: [
      'CompleteMultipartUpload with If-None-Match never overwrites',
      'MpuObjectSize has to be the sum of the parts',
      'parts out of order are InvalidPartOrder',
    ],
  },
  {
    instead: 'answers an empty ETag',
    failure: /expected '' to be '"[0-9a-f]{32}-2"'/,
    tests: ["CompleteMultipartUpload answers with the object's ETag"],
  },
  {
    instead: 'takes no tags with CreateMultipartUpload',
    failure: /expected \{\} to deeply equal/,
    tests: ['an object that is uploaded in parts has its tags'],
  },
  {
    instead: 'fails with InternalError',
    failure: /expected \{ status: 500, code: 'InternalError' \}/,
    tests: ['CompleteMultipartUpload of an unknown upload is NoSuchUpload'],
  },
  {
    instead: 'answers NoSuchKey',
    failure: /expected \{ status: 404, code: 'NoSuchKey' \}/,
    tests: ['ListParts of an unknown upload is NoSuchUpload'],
  },
  {
    instead: 'refuses the list as InvalidPart',
    failure: /^InvalidPart: /,
    tests: ['a stored part may be left out of the object'],
  },
  {
    instead: 'takes any part number',
    failure: /^Error: expected S3 to refuse, but it accepted$/,
    tests: ['part number 0 is InvalidArgument', 'part number 10001 is InvalidArgument'],
  },
  {
    instead: 'lists no common prefixes',
    failure: /expected undefined to deeply equal \[ \{ Prefix: 'folds\/a\/' \} \]/,
    tests: ['ListMultipartUploads folds keys at a delimiter'],
  },
  {
    instead: 'gives the whole object',
    failure: /expected 5243880 to be 1000/,
    tests: ['partNumber gives one part of a finished upload, and how many there are'],
  },
  {
    instead: 'names no rule and no date',
    failure: /expected undefined to be 'abort'/,
    tests: ['ListParts says when the rule will abort the upload'],
  },
  {
    instead: 'answers AccessDenied',
    failure: /expected \{ status: 403, code: 'AccessDenied' \}/,
    tests: ['a refused preflight is AccessForbidden'],
  },
  {
    instead: 'leaves the message empty',
    failure: /expected '<Message><\/Message>' to be/,
    tests: ['the answer to an expired URL says so'],
  },
  {
    instead: 'accepts the header',
    failure:
      /expected \{ status: 200, code: undefined \} to deeply equal \{ status: 403, code: 'AccessDenied' \}/,
    tests: ['an x-amz-* header that is not signed is refused'],
  },
]

/** Where the engines are known to differ from S3. Each named test runs and has to fail as described. */
const knownDifferences: Record<EngineName, readonly KnownDifference[]> = { local: [], aws: [], rgw }

/** The difference of an engine that makes a test fail there. */
export function knownDifference(engine: EngineName, test: string): KnownDifference | undefined {
  return knownDifferences[engine].find(({ tests }) => tests.includes(test))
}
