/**
 * Of a sign-in that came to nothing: closed, refused, or without an issuer to answer. Of what was thrown, only the code is shown
 * by which OAuth calls it, for whoever runs the issuer.
 */
export function sentenceFor(error: unknown): string {
  const { name, error: code, message } = Object(error) as Record<string, unknown>
  if (typeof code === 'string' && /^[a-z_]{1,40}$/.test(code))
    return `Signing in came to nothing (${code}). Try again.`
  if (/popup closed/i.test(String(message)))
    return 'The window for signing in was closed too soon. Try again.'
  if (/popup blocked|disposed window/i.test(String(message)))
    return 'This browser has blocked the window for signing in. Allow it, then try again.'
  if (name === 'ErrorTimeout' || name === 'TypeError')
    return 'Whoever signs people in cannot be reached. Check your network, then try again.'
  return 'Signing in came to nothing. Try again.'
}
