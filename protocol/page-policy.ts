/**
 * The page's Content-Security-Policy, for whoever serves it: the deployment writes it into the page's `<meta>`, the local AWS
 * sends it as a header. Without `frame-ancestors`, which browsers take from a header only.
 * @param connectTo the origins beside the page's own that it may talk to: the API, S3, and who signs people in
 */
export function pagePolicy(connectTo: readonly string[]): string {
  return [
    "default-src 'self'",
    // Checksums are computed in WebAssembly.
    "script-src 'self' 'wasm-unsafe-eval'",
    // And in a worker, whose code the page holds.
    'worker-src blob:',
    `connect-src 'self' ${connectTo.join(' ')}`,
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}
