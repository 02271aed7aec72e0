import type { Waits } from './control-plane.ts'
import type { ApiError } from './errors.ts'

/** Says in the headers of a call whose it is. */
export interface Authorizer {
  /** Waits for as long as it takes, such as until a person has signed in. */
  authorize(request: ApiRequest, signal: AbortSignal): Promise<Authorization>
  /** What it waits for. */
  readonly waits: Waits
}

/** A call of the API as it will be sent. */
export interface ApiRequest {
  readonly method: string
  readonly url: string
  /** Empty where there is none. */
  readonly body: string
}

export interface Authorization {
  readonly headers: Readonly<Record<string, string>>
  /** Called with every answer. @param date the API's time of day, where it can be read */
  answered?(status: number, date: string | undefined): void
  /**
   * The gateway said no, with a 401 or a 403.
   * @returns another, with which the call is made once more; `undefined` where none would change the answer
   * @throws {ApiError} where it can say better what is wrong
   */
  again(refusal: ApiError, signal: AbortSignal): Promise<Authorization | undefined>
}
