/**
 * Where an issuer without the device flow leads the browser back to after `partway login`. The port is fixed, for Amazon Cognito compares
 * the whole address.
 */
export const LOGIN_CALLBACK = 'http://localhost:8487/signed-in'
