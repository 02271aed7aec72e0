import { readFile } from 'node:fs/promises'

/** The most memory that a process ever had, in bytes, by the kernel's own account. */
export async function peakMemory(statusFile: string): Promise<number> {
  const status = await readFile(statusFile, 'utf8')
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
  if (kibibytes === undefined) throw new Error(`Expected a line of VmHWM in ${statusFile}, got ${status}.`)
  return Number(kibibytes) * 1024
}

export function inMebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(0)} MiB`
}
