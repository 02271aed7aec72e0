#!/usr/bin/env node
// Any Node since 10 can read this file: one that is too old for the rest is told so, rather than shown a stack trace.

/** As `engines` in package.json. */
const OLDEST = [22, 18]

const [major, minor] = process.versions.node.split('.').map(Number)
if (major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1])) {
  run()
} else {
  refuse(
    `Expected Node ${OLDEST.join('.')} or later, got ${process.versions.node}; install one from https://nodejs.org, or in a checkout run npm ci, which brings one.`,
  )
}

function run() {
  if (isCheckout()) {
    import('./main.ts').catch((error) => {
      if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
      refuse(`Expected the dependencies of this checkout; run npm ci in it. ${error.message}`)
    })
  } else {
    // Keeps from run to run what was compiled.
    require('node:module').enableCompileCache()
    import('../dist/cli.js')
  }
}

/** The package has no sources. */
function isCheckout() {
  return require('node:fs').existsSync(require('node:path').join(__dirname, 'main.ts'))
}

function refuse(reason) {
  console.error(reason)
  process.exitCode = 1
}
