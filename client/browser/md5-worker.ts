import { createCrc } from '../../checksums/crc.ts'
import { createMd5 } from '../../checksums/md5.ts'
import { takeOrders } from './hash-orders.ts'

/** Of uploads to stores that keep no checksum. */
takeOrders(({ crc, md5 }) => ({ crc: crc && createCrc(crc), md5: md5 ? createMd5() : undefined }))
