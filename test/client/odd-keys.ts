/** Keys that S3 takes, and of which each has been somebody's bug: in XML, in a query, in a path, in a percent-encoding. */
export const ODD_KEYS = [
  'odd/a b',
  'odd/a+b',
  'odd/a%2Bb',
  'odd/100%',
  'odd/two\nlines',
  'odd/carriage\rreturn\ttab',
  'odd/\u0001control',
  'odd/<&>"\'',
  'odd/ü 映画 🎬',
  'odd/u\u0308', // The same letter, in two code points.
  'odd/?query#fragment',
  'odd/(1) [2] {3}; $4, @5 = !6 * ~7 | \\8 ^9 `0',
  'odd//empty segment',
  'odd/folder/',
]
