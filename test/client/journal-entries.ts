import type { JournalEntry } from '../../client/ports.ts'

export const ENDPOINT = 'https://api.example'
export const SOURCE_ID = '/home/me/film.mov'

export const UPLOAD: JournalEntry = {
  type: 'upload',
  endpoint: ENDPOINT,
  sourceId: SOURCE_ID,
  identity: { size: '20', changed: '2026-11-21T00:00:00.000000001Z', inode: '7' },
  key: 'uploads/public/x/film.mov',
  uploadId: 'u',
  size: 20,
  partSize: 10,
  checksumAlgorithm: 'CRC64NVME',
  initiated: '2026-11-21T00:00:00.000Z',
}

export function partEntry(partNumber: number): JournalEntry {
  return { type: 'part', partNumber, etag: 'd41d8cd98f00b204e9800998ecf8427e', crc: 'AAAAAAAAAAA=' }
}
