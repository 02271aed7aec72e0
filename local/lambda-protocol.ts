/** What passes between the Lambda runtime and the workers that run its functions. */

export interface WorkerData {
  directory: string
  handler: string
  functionName: string
  functionArn: string
  memoryMb: number
}

export interface Invocation {
  /** JSON: a function receives a copy of its own, of nothing but data. */
  event: string
  requestId: string
  /** Milliseconds since the epoch. */
  deadline: number
}

/** JSON of what the function returned, or what it threw. */
export type Outcome = { payload: string } | { error: FunctionError }

/** As Lambda describes it to a caller, and the stack for the log. */
export interface FunctionError {
  errorType: string
  errorMessage: string
  trace: string
}
