import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const PUBLIC_BUCKET_APP = fileURLToPath(new URL('./public-bucket-app.ts', import.meta.url))

test('cdk synth fails on a finding of cdk-nag that nobody explained', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'partway-synth-'))
  try {
    const args = ['synth', '--quiet', '--app', `node ${PUBLIC_BUCKET_APP}`, '--output', directory]
    const cdk = spawn('node_modules/.bin/cdk', args, { stdio: ['ignore', 'ignore', 'pipe'] })
    const [printed, [code]] = await Promise.all([text(cdk.stderr), once(cdk, 'close')])
    expect(printed).toMatch(/public access.*Partway\/Public\/Resource.*AwsSolutions-S2/s)
    expect(code).toBe(1)
  } finally {
    await rm(directory, { recursive: true })
  }
})
