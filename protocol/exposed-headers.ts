/**
 * What a page reads of S3's answers, beyond what CORS lets through by itself: the bucket has to expose these.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
 */
export const EXPOSED_HEADERS = [
  'ETag',
  'Content-Range',
  'Accept-Ranges',
  'Date',
  'x-amz-checksum-crc64nvme',
  'x-amz-checksum-crc32',
  'x-amz-checksum-crc32c',
  'x-amz-version-id',
] as const
