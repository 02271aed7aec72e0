/**
 * S3's limits and ours, in one file, with their units in their names.
 * S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
 */

export const KIB = 1024
export const MIB = 1024 * KIB
export const GIB = 1024 * MIB

/** Every part but the last has at least this size. */
export const MIN_PART_BYTES = 5 * MIB
export const MAX_PART_BYTES = 5 * GIB
export const MAX_PARTS = 10_000
/** 48.8 TiB: as many parts of the largest size as an upload may have. */
export const MAX_OBJECT_BYTES = MAX_PARTS * MAX_PART_BYTES
export const MAX_KEY_BYTES = 1024
/** Names and values of `x-amz-meta-*`, without that prefix, in all. */
export const MAX_USER_METADATA_BYTES = 2 * KIB
/** Of the 8 KB of headers that a PUT may have: what user metadata leaves. */
export const MAX_OBJECT_HEADER_BYTES = 6 * KIB
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html, lengths in characters. */
export const MAX_TAGS = 10
export const MAX_TAG_KEY_LENGTH = 128
export const MAX_TAG_VALUE_LENGTH = 256
/** ListParts and ListMultipartUploads return at most this many a page. */
export const MAX_LIST_PAGE = 1000

/** Ours: small enough to retry cheaply, large enough that S3's price per request does not matter. */
export const DEFAULT_PART_BYTES = 8 * MIB
/** Ours: an object up to this size, and up to one part, travels in a single PUT. */
export const MAX_SINGLE_PUT_BYTES = 16 * MIB
/** Ours: a file's name, in UTF-8. */
export const MAX_FILE_NAME_BYTES = 1024
/** Ours: the last segment of a key, which is what most file systems allow a name. */
export const MAX_SAFE_NAME_BYTES = 255
/** Ours: full URLs in one answer; each carries a session token, and Lambda answers with at most 6 MB. */
export const MAX_URLS_PER_ANSWER = 1000
/** Ours: the parts whose signatures come with initiate. */
export const FIRST_WINDOW_PARTS = 1000
/** Ours: uploads on a page of list-uploads. */
export const DEFAULT_UPLOADS_PAGE = 20
export const MAX_UPLOADS_PAGE = 50
/** Ours: objects on a page of list-objects. */
export const DEFAULT_OBJECTS_PAGE = 100

/** An HTTP API's own: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html */
export const GATEWAY_MAX_BODY_BYTES = 10 * 1_000_000
export const GATEWAY_TIMEOUT_MS = 30_000
/** Lambda's: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
export const LAMBDA_MAX_PAYLOAD_BYTES = 6 * MIB
