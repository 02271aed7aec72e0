import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { Worker } from 'node:worker_threads'
import type { FunctionError, Invocation, Outcome, WorkerData } from './lambda-protocol.ts'

/** One execution environment of a function: it takes one invocation at a time. */
export interface FunctionInstance {
  /** @returns how the invocation ended, never rejects */
  invoke(invocation: Invocation): Promise<Outcome>
  /** False once its worker has crashed or was stopped. */
  readonly alive: boolean
  stop(): Promise<void>
}

export interface InstanceOptions {
  data: WorkerData
  /** The function's whole environment: nothing of this process's own passes through. */
  environment: Record<string, string>
  timeoutSeconds: number
  log: (line: string) => void
}

export function startInstance({ data, environment, timeoutSeconds, log }: InstanceOptions): FunctionInstance {
  const worker = new Worker(new URL('./lambda-worker.ts', import.meta.url), {
    workerData: data,
    env: environment,
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: data.memoryMb },
  })
  forwardLines(worker.stdout, log)
  forwardLines(worker.stderr, log)

  let alive = true
  let settle: ((outcome: Outcome) => void) | undefined
  const fail = (error: FunctionError) => {
    alive = false
    settle?.({ error })
  }
  worker.on('message', (outcome: Outcome) => settle?.(outcome))
  worker.on('error', (error: Error) => {
    const trace = error.stack ?? error.message
    // Where an invocation runs, its caller hears of it.
    if (settle === undefined) log(trace)
    fail({ errorType: error.name, errorMessage: error.message, trace })
  })
  let timeout: FunctionError | undefined
  worker.on('exit', (code) => {
    fail(
      timeout ?? { errorType: 'Runtime.ExitError', errorMessage: `Runtime exited with ${code}`, trace: '' },
    )
  })

  return {
    get alive() {
      return alive
    },
    async invoke(invocation) {
      const { promise, resolve } = Promise.withResolvers<Outcome>()
      settle = resolve
      if (!alive) fail({ errorType: 'Runtime.ExitError', errorMessage: 'Runtime had exited', trace: '' })
      const timer = setTimeout(() => {
        const errorMessage = `${invocation.requestId} Task timed out after ${timeoutSeconds.toFixed(2)} seconds`
        timeout = { errorType: 'Sandbox.Timedout', errorMessage, trace: '' }
        worker.terminate()
      }, invocation.deadline - Date.now())
      worker.postMessage(invocation)
      const outcome = await promise
      clearTimeout(timer)
      settle = undefined
      return outcome
    },
    async stop() {
      alive = false
      await worker.terminate()
    },
  }
}

function forwardLines(stream: Readable, log: (line: string) => void): void {
  createInterface({ input: stream }).on('line', log)
}
