// All that it needs is loaded already, as for extras.ts.
import './client.ts'

export * from '../carrier.ts'
