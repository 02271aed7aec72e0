/** What few uploads need. A platform that loads its code over a network loads this when one does. */
export { SealedUrls } from './sealed-urls.ts'
export { searchUpload } from './search.ts'
export { Single } from './single.ts'
