// All that it needs is loaded already: by this, bundlers keep that in one piece, rather than apart for the two of them.
import './carriage.ts'

export * from '../extras.ts'
