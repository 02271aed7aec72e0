// Runs before `npm start` and `npm test`: installs the dependencies when they are missing or do not match the lock file.
// No dependencies of its own, and any Node that npm runs on.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'

const packages = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : {})
const wanted = packages('package-lock.json')
const installed = packages('node_modules/.package-lock.json')
const stale = Object.entries(wanted).some(
  ([path, { version, optional }]) => path !== '' && !optional && installed[path]?.version !== version,
)

if (stale || !existsSync('node_modules/.bin/node')) {
  const npm = process.env.npm_execpath
  const [command, args] = npm ? [process.execPath, [npm]] : ['npm', []]
  console.error('Installing dependencies (npm ci)…')
  const { status, error } = spawnSync(
    command,
    [...args, 'ci', '--no-fund', '--no-audit', '--loglevel=error'],
    {
      stdio: ['ignore', 2, 2],
    },
  )
  if (error || status !== 0) {
    console.error(
      `npm ci failed${error ? `: ${error.message}` : ''}. Run it by hand to see why, then try again.`,
    )
    process.exit(status || 1)
  }
}
