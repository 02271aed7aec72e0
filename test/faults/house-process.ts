import { openHouse } from './house.ts'

/** The API and S3 in a process of their own, to be killed. Prints its ports when it is ready. */
const [dataDirectory = '', storeUrl = '', apiPort, s3Port] = process.argv.slice(2)
const house = await openHouse({
  dataDirectory,
  apiPort: Number(apiPort),
  s3Port: Number(s3Port),
  storeUrl,
})
process.stdout.write(`${JSON.stringify({ apiPort: house.apiPort, s3Port: house.s3Port })}\n`)
