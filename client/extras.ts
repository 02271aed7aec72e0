/** What few uploads need. A platform that loads its code over a network loads this when one does. */
export { EtagProofs } from './etag-proofs.ts'
export { SealedUrls } from './sealed-urls.ts'
export { searchUpload } from './search.ts'
export { Single } from './single.ts'
