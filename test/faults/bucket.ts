/** The one that there is. */
export const BUCKET = 'films'
