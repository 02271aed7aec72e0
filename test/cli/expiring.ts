import { randomBytes } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AwsCredentials } from '../../client/node/index.ts'
import { MIB } from '../../protocol/limits.ts'
import { temporaryFolder } from '../client/servers.ts'

const FILM_BYTES = 12 * MIB

/** A folder with a film in it. */
export async function folderWithFilm() {
  const folder = await temporaryFolder()
  const film = randomBytes(FILM_BYTES)
  await writeFile(join(folder, 'film.mov'), film)
  return { folder, film }
}

/** Puts them where the AWS command line keeps its own, of a person whose home that folder is. */
export async function writeCredentials(
  folder: string,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
) {
  await mkdir(join(folder, '.aws'), { recursive: true })
  const file = join(folder, '.aws', 'credentials')
  await writeFile(
    `${file}.new`,
    `[default]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\naws_session_token=${sessionToken}\n`,
  )
  // In one step, for a command may be reading it.
  await rename(`${file}.new`, file)
}
