/** A prop or a value of context that cannot be. The message says all: what came, what is allowed, what to write instead. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError'
}
