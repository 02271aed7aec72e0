import { createReadStream, createWriteStream, existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress } from 'node:zlib'
import { extract } from 'tar'

/** Each archive of the package, and the folder of the cache that it is unpacked into. */
const ARCHIVES = { 'fonts.tar.br': '.', 'swiftshader.tar.br': '.', 'al2023.tar.br': 'al2023' }

/**
 * Unpacks the headless shell that `@sparticuz/chromium` carries into `target`, unless it is there already.
 * `packed` is the package's `bin` folder; none of its JavaScript runs. The work happens in a temporary folder
 * beside `target` that takes its name in one step, so that processes may race and a killed one leaves no half.
 */
export async function unpackChromium(packed: string, target: string): Promise<void> {
  if (existsSync(target)) return
  await mkdir(dirname(target), { recursive: true })
  const temporary = await mkdtemp(`${target}.`)
  try {
    await unpackBinary(packed, temporary)
    for (const [archive, folder] of Object.entries(ARCHIVES)) {
      await unpackArchive(join(packed, archive), join(temporary, folder))
    }
    await writeFile(join(temporary, 'fonts.conf'), fontsConf(target))
    await rename(temporary, target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

async function unpackBinary(packed: string, folder: string): Promise<void> {
  const binary = join(folder, 'chromium')
  await pipeline(
    createReadStream(join(packed, 'chromium.br')),
    createBrotliDecompress(),
    createWriteStream(binary),
  )
  await chmod(binary, 0o755)
}

async function unpackArchive(archive: string, cwd: string): Promise<void> {
  await mkdir(cwd, { recursive: true })
  await pipeline(createReadStream(archive), createBrotliDecompress(), extract({ cwd }))
}

/** The package has one font family, Open Sans: every generic family becomes that. */
function fontsConf(folder: string): string {
  const aliases = ['sans-serif', 'serif', 'monospace', 'system-ui', 'cursive', 'fantasy'].map(
    (family) =>
      `  <alias binding="same"><family>${family}</family><prefer><family>Open Sans</family></prefer></alias>`,
  )
  return [
    '<?xml version="1.0"?>',
    '<!DOCTYPE fontconfig SYSTEM "fonts.dtd">',
    '<fontconfig>',
    `  <dir>${join(folder, 'fonts')}</dir>`,
    `  <cachedir>${join(folder, 'fonts-cache')}</cachedir>`,
    ...aliases,
    '</fontconfig>',
    '',
  ].join('\n')
}
