import type { Command } from '../command.ts'
import { abort } from './abort.ts'
import { clean } from './clean.ts'
import { complete } from './complete.ts'
import { doctor } from './doctor.ts'
import { download } from './download.ts'
import { initiate } from './initiate.ts'
import { list } from './list.ts'
import { listParts } from './list-parts.ts'
import { login } from './login.ts'
import { parts } from './parts.ts'
import { presign } from './presign.ts'
import { resume } from './resume.ts'
import { upload } from './upload.ts'
import { uploadPart } from './upload-part.ts'

/** In the order of the help. */
export const COMMANDS: readonly Command[] = [
  upload,
  download,
  resume,
  list,
  parts,
  abort,
  clean,
  doctor,
  login,
  initiate,
  presign,
  uploadPart,
  listParts,
  complete,
]
