import type { Command } from '../command.ts'
import { doctor } from './doctor.ts'
import { download } from './download.ts'
import { login } from './login.ts'
import { upload } from './upload.ts'

/** In the order of the help. */
export const COMMANDS: readonly Command[] = [upload, download, doctor, login]
