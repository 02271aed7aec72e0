/** What the command reads of its environment, for the help. */
export const ENVIRONMENT: readonly (readonly [name: string, meaning: string])[] = [
  ['PARTWAY_API', 'The API, where --api is left out'],
  ['PARTWAY_TOKEN', 'A bearer token, for an API that takes signed-in callers only'],
  ['PARTWAY_STATE', 'The folder that remembers unfinished work (~/.local/state/partway)'],
  ['AWS_…', 'Credentials, profile and region, as the AWS command line reads them'],
]
