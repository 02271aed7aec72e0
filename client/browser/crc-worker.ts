import { createCrc } from '../../checksums/crc.ts'
import { takeOrders } from './hash-orders.ts'

takeOrders(({ crc }) => ({ crc: crc && createCrc(crc) }))
