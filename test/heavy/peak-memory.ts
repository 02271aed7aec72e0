import { readFileSync, writeFileSync } from 'node:fs'

/** Loaded into a process by `--import`: writes down at its end what the kernel says of its memory. */
const { MEMORY_LOG } = process.env
if (MEMORY_LOG) process.on('exit', () => writeFileSync(MEMORY_LOG, readFileSync('/proc/self/status')))
