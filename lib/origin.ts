/**
 * Whether a text is an origin as browsers send it: a scheme and a host, with a port where it has one, and no path. No
 * wildcard within it: S3 and the API would let in every host that fits.
 */
export function isOrigin(text: string): boolean {
  return /^https?:\/\/[^*]+$/.test(text) && URL.canParse(text) && new URL(text).origin === text
}
