import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const PACKAGE_FOLDER = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/
const RULE = '-'.repeat(80)

interface Licensed {
  readonly name: string
  readonly license: string
  readonly author: string
  /** Absent where the package has none: some name their licence and leave it at that. */
  readonly text: string | undefined
}

/**
 * The licences of the packages that bundles are made of, for whoever is given the bundles: each text once, below the packages
 * that it holds for.
 *
 * @param files paths within `root`
 * @throws where a package brings no text of its licence, nor anybody else
 */
export function licensesOf(files: readonly string[], root: string): string {
  const folders = new Set(files.flatMap((file) => PACKAGE_FOLDER.exec(file)?.[0] ?? []))
  const all = [...folders].toSorted().map((folder) => read(join(root, folder)))
  const mit = readFileSync(join(root, 'LICENSE'), 'utf8').trim()
  const byText = Map.groupBy(all, (one) => one.text ?? standardText(one, all, mit))
  return [...byText]
    .map(([text, licensed]) => `${[...new Set(licensed.map(({ name }) => name))].join('\n')}\n\n${text}\n`)
    .join(`\n${RULE}\n\n`)
}

function read(folder: string): Licensed {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  return {
    name: `${name} ${version}`,
    license,
    author: author?.name ?? author,
    text: file && readFileSync(join(folder, file), 'utf8').trim(),
  }
}

function standardText({ name, license, author }: Licensed, all: readonly Licensed[], mit: string): string {
  if (license === 'MIT') return mit.replace(/^Copyright.*$/m, `Copyright (c) ${author}`)
  // Names nobody, so that anybody's text will do.
  const apache = all.find((other) => other.license === 'Apache-2.0' && other.text)?.text
  if (license === 'Apache-2.0' && apache) return apache
  throw new Error(`Expected ${name} to bring the text of its licence ${license}; find out what to ship.`)
}
