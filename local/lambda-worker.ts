import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import type { FunctionError, Invocation, Outcome, WorkerData } from './lambda-protocol.ts'

/** Runs one function's bundle in a thread of its own: the environment, the memory and the crashes are its own. */

const { directory, handler, functionName, functionArn, memoryMb } = workerData as WorkerData
const handle = await load()
parentPort?.on('message', async (invocation: Invocation) => parentPort?.postMessage(await invoke(invocation)))

async function load(): Promise<(event: unknown, context: unknown) => unknown> {
  const [file = '', name = ''] = handler.split('.')
  const exports = await importFirst(
    ['js', 'mjs', 'cjs'].map((extension) => join(directory, `${file}.${extension}`)),
  )
  // What a CommonJS module exports in a way that cannot be seen from outside is under `default` alone.
  const exported = exports[name] ?? (exports.default as Record<string, unknown> | undefined)?.[name]
  if (typeof exported === 'function') return exported as Awaited<ReturnType<typeof load>>
  throw new Error(
    `Runtime.HandlerNotFound: expected ${file} to export a function ${name}, got ${typeof exported}`,
  )
}

async function importFirst(files: string[]): Promise<Record<string, unknown>> {
  for (const file of files) {
    if (existsSync(file)) return import(pathToFileURL(file).href)
  }
  throw new Error(`Runtime.ImportModuleError: expected one of ${files.join(', ')}; the asset has none`)
}

async function invoke({ event, requestId, deadline }: Invocation): Promise<Outcome> {
  const context = {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: false,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionArn,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'local',
    memoryLimitInMB: String(memoryMb),
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  }
  try {
    return { payload: JSON.stringify((await handle(JSON.parse(event), context)) ?? null) }
  } catch (error) {
    return { error: describe(error) }
  }
}

function describe(error: unknown): FunctionError {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: '' }
  return { errorType: error.name, errorMessage: error.message, trace: error.stack ?? '' }
}
