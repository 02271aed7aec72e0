import { FIRST_WINDOW_PARTS, MAX_URLS_PER_ANSWER } from '../protocol/limits.ts'
import { type PartPlan, partRange } from '../protocol/part-plan.ts'
import { ProblemError } from '../protocol/problems.ts'
import type { SignedParts } from '../protocol/schemas.ts'
import { packSignedParts } from '../protocol/signed-parts.ts'
import { config } from './config.ts'
import { presigner } from './presigner.ts'

/** An upload whose parts are to be signed. */
export interface SignableUpload {
  key: string
  uploadId: string
  plan: PartPlan
}

export interface Window {
  from: number
  to: number
}

/** The parts that initiate signs at once. */
export function firstWindow({ partCount }: PartPlan): Window {
  return { from: 1, to: Math.min(partCount, FIRST_WINDOW_PARTS) }
}

/** Contiguous parts, packed. Microseconds and 43 bytes each: all 10,000 fit one answer. */
export function signWindow({ key, uploadId, plan }: SignableUpload, window: Window): SignedParts {
  const numbers = numbersOf(window)
  requirePlanned(plan, numbers)
  const expiresIn = config.urlLifetime
  const { urlTemplate, signatures, expiresAt } = presigner.presignParts(
    { key, uploadId, expiresIn },
    numbers.map((partNumber) => partRange(plan, partNumber)),
  )
  return packSignedParts(
    { ...window, urlTemplate, signatures, headers: {} },
    { expiresAt: expiresAt.toISOString(), expiresIn },
  )
}

/**
 * Parts by their numbers, a full URL each.
 * @param headersOf what else to sign into a part's URL, such as its checksum
 * @throws {ProblemError} `too-many-parts` for more than 1,000
 */
export function signUrls(
  { key, uploadId, plan }: SignableUpload,
  numbers: readonly number[],
  headersOf: (partNumber: number) => Record<string, string> = () => ({}),
): SignedParts {
  if (numbers.length > MAX_URLS_PER_ANSWER) {
    throw new ProblemError(
      'too-many-parts',
      `Expected at most ${MAX_URLS_PER_ANSWER} parts where full URLs are asked for, got ${numbers.length}. Ask for them in several calls, or packed.`,
    )
  }
  requirePlanned(plan, numbers)
  const expiresIn = config.urlLifetime
  const signed = numbers.map((partNumber) => {
    const { size } = partRange(plan, partNumber)
    const headers = headersOf(partNumber)
    return {
      partNumber,
      size,
      ...presigner.presignPart({ key, uploadId, partNumber, size, headers, expiresIn }),
    }
  })
  const earliest = Math.min(...signed.map(({ expiresAt }) => expiresAt.getTime()))
  return {
    parts: signed.map(({ partNumber, size, url, headers }) => ({ partNumber, size, url, headers })),
    expiresAt: new Date(earliest).toISOString(),
    expiresIn,
  }
}

export function numbersOf({ from, to }: Window): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

function requirePlanned({ partCount }: PartPlan, numbers: readonly number[]): void {
  const outside = numbers.find((partNumber) => partNumber > partCount)
  if (outside !== undefined) {
    throw new ProblemError(
      'invalid-request',
      `Expected part numbers from 1 to ${partCount}, which is this upload's plan; got ${outside}.`,
    )
  }
}
