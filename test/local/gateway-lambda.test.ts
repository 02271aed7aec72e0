import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createFunction, type LambdaFunction, RequestTooLarge } from '../../local/lambda-runtime.ts'
import { createSessions, type Sessions } from '../../local/sessions.ts'
import type { FunctionDescription } from '../../local/template.ts'

let directory: string
let sessions: Sessions
let log: string[]
let functions: LambdaFunction[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'partway-lambda-'))
  await writeFile(join(directory, 'package.json'), '{}')
  sessions = createSessions()
  log = []
  functions = []
})

afterEach(async () => {
  await Promise.all(functions.map((lambda) => lambda.stop()))
  await rm(directory, { recursive: true })
})

describe('a function', () => {
  test('is given the event and the context, and its answer comes back', async () => {
    const lambda = await deploy(`exports.handler = async (event, context) => ({
      event,
      ...context,
      remaining: context.getRemainingTimeInMillis(),
    })`)
    const { remaining, ...answer } = await answerOf(lambda, { a: [1] })
    expect(answer).toMatchObject({
      event: { a: [1] },
      functionName: 'Stack-Echo',
      functionVersion: '$LATEST',
      memoryLimitInMB: '128',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:Stack-Echo',
      awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
    expect(remaining).toBeGreaterThan(50_000)
    expect(remaining).toBeLessThanOrEqual(60_000)
  })

  test.each([
    ['index.js', 'exports.handler = async () => 1'],
    ['index.js', 'export const handler = async () => 1'],
    ['index.mjs', 'export const handler = async () => 1'],
    ['index.js', 'module.exports = Object.assign(() => {}, { handler: () => 1 })'],
  ])('may be %s: %s', async (file, source) => {
    expect(await answerOf(await deploy(source, {}, file))).toBe(1)
  })

  test('has an environment of its own, and nothing of this process’s', async () => {
    const source = 'exports.handler = async () => { process.env.MARK = "1"; return process.env }'
    const lambda = await deploy(source, { environment: { BUCKET: 'films' } })
    const environment = await answerOf(lambda)
    expect(environment).toMatchObject({
      BUCKET: 'films',
      AWS_REGION: 'us-east-1',
      AWS_ENDPOINT_URL_S3: 'http://localhost:8081',
      AWS_LAMBDA_FUNCTION_NAME: 'Stack-Echo',
      AWS_EXECUTION_ENV: expect.stringMatching(/^AWS_Lambda_nodejs\d+\.x$/),
    })
    expect(environment).not.toHaveProperty('PATH')
    expect(process.env).not.toHaveProperty('MARK')
  })

  test('signs with a session of its role', async () => {
    const lambda = await deploy('exports.handler = async () => process.env', {
      role: {
        name: 'Role',
        statements: [{ Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::films/*' }],
      },
    })
    const environment = await answerOf(lambda)
    const session = sessions.find(environment.AWS_ACCESS_KEY_ID)
    expect(session).toMatchObject({
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY,
      sessionToken: environment.AWS_SESSION_TOKEN,
    })
    expect(environment.AWS_SESSION_TOKEN.length).toBeGreaterThanOrEqual(1200)
    expect(session?.allows('s3:PutObject', 'arn:aws:s3:::films/a')).toBe(true)
    expect(session?.allows('s3:GetObject', 'arn:aws:s3:::films/a')).toBe(false)
  })

  test('keeps its instance for the next invocation', async () => {
    const lambda = await deploy('let calls = 0; exports.handler = async () => ++calls')
    expect([await answerOf(lambda), await answerOf(lambda)]).toEqual([1, 2])
  })

  test('gets a fresh instance, and fresh credentials, before those of the old one end', async () => {
    let now = Date.now()
    const lambda = await deploy(
      'let calls = 0; exports.handler = async () => [++calls, process.env.AWS_ACCESS_KEY_ID]',
      {},
      'index.js',
      () => now,
    )
    const [, first] = await answerOf(lambda)
    now += 11 * 60 * 60 * 1000
    const [calls, second] = await answerOf(lambda)
    expect(calls).toBe(1)
    expect(second).not.toBe(first)
    expect(sessions.find(first)).toBeDefined()
  })

  test('scales out to four instances, and then makes invocations wait', async () => {
    const lambda = await deploy(`
      const { setTimeout } = require('node:timers/promises')
      let running = 0
      exports.handler = async () => {
        running += 1
        await setTimeout(50)
        return [running--, require('node:worker_threads').threadId]
      }`)
    const answers: [number, number][] = await Promise.all(Array.from({ length: 9 }, () => answerOf(lambda)))
    expect(answers.map(([running]) => running)).toEqual(Array(9).fill(1))
    expect(new Set(answers.map(([, thread]) => thread)).size).toBe(4)
  })

  test('writes its output to the log, line by line, under its name', async () => {
    const lambda = await deploy(
      'exports.handler = async () => { console.log("one\\ntwo"); console.error("three") }',
    )
    await answerOf(lambda)
    await expect
      .poll(() => [...log].sort())
      .toEqual(['[Stack-Echo] one', '[Stack-Echo] three', '[Stack-Echo] two'])
  })
})

describe('a function that fails', () => {
  test.each([
    ['throws', 'exports.handler = async () => { throw new RangeError("too far") }', 'RangeError', 'too far'],
    ['throws a text', 'exports.handler = async () => { throw "no" }', 'string', 'no'],
    [
      'cannot be loaded',
      'throw new Error("The environment variable BUCKET is missing.")',
      'Error',
      'BUCKET is missing',
    ],
    ['exports no handler', 'exports.other = 1', 'Error', 'expected index to export a function handler'],
    [
      'exits',
      'exports.handler = async () => { process.exit(3) }',
      'Runtime.ExitError',
      'Runtime exited with 3',
    ],
    [
      'leaves an error unhandled',
      'exports.handler = () => new Promise(() => setTimeout(() => { throw new TypeError("late") }))',
      'TypeError',
      'late',
    ],
    ['answers what is no JSON', 'exports.handler = async () => 1n', 'TypeError', 'BigInt'],
  ])('%s', async (_, source, errorType, message) => {
    const lambda = await deploy(source)
    expect(await lambda.invoke('{}')).toMatchObject({
      error: { errorType, errorMessage: expect.stringContaining(message) },
    })
    expect(log.join('\n')).toContain(message)
  })

  test('is started anew for the next invocation, however often it crashes', async () => {
    const lambda = await deploy('exports.handler = async ({ crash }) => crash ? process.exit(1) : "well"')
    for (let crashes = 0; crashes < 5; crashes += 1) await lambda.invoke('{"crash":true}')
    expect(await answerOf(lambda)).toBe('well')
  })

  test('is stopped when its time is over, as Lambda words it', async () => {
    const source =
      'exports.handler = async ({ hang }) => hang ? new Promise(() => setInterval(() => {}, 1000)) : "well"'
    const lambda = await deploy(source, { timeoutSeconds: 5 })
    expect(await lambda.invoke('{"hang":true}')).toMatchObject({
      error: {
        errorType: 'Sandbox.Timedout',
        errorMessage: expect.stringMatching(/ Task timed out after 5\.00 seconds$/),
      },
    })
    expect(await lambda.invoke('{}')).toEqual({ payload: '"well"' })
  })

  test('is stopped even when it never yields', async () => {
    const lambda = await deploy('exports.handler = async () => { for (;;); }', { timeoutSeconds: 0.2 })
    expect(await lambda.invoke('{}')).toMatchObject({ error: { errorType: 'Sandbox.Timedout' } })
  })
})

describe('6 MiB', () => {
  const LIMIT = 6 * 1024 * 1024

  test('of an answer pass, one more byte does not', async () => {
    const lambda = await deploy('exports.handler = async ({ length }) => "x".repeat(length)')
    expect(await answerOf(lambda, { length: LIMIT - 2 })).toHaveLength(LIMIT - 2)
    expect(await lambda.invoke(JSON.stringify({ length: LIMIT - 1 }))).toMatchObject({
      error: {
        errorType: 'Function.ResponseSizeTooLarge',
        errorMessage: expect.stringContaining(String(LIMIT)),
      },
    })
  })

  test('of an event pass, one more byte does not', async () => {
    const lambda = await deploy('exports.handler = async (event) => event.length')
    expect(await answerOf(lambda, 'x'.repeat(LIMIT - 2))).toBe(LIMIT - 2)
    await expect(lambda.invoke(JSON.stringify('x'.repeat(LIMIT - 1)))).rejects.toThrow(RequestTooLarge)
  })
})

test('a role that cannot be evaluated is refused when the function is created', async () => {
  const statements = [{ Effect: 'Allow', Action: '*', Resource: '*', NotAction: 's3:*' }]
  await expect(deploy('', { role: { name: 'CompleteRole', statements } })).rejects.toThrow(
    /Role CompleteRole: expected/,
  )
})

async function deploy(
  source: string,
  description: Partial<FunctionDescription> = {},
  file = 'index.js',
  now?: () => number,
): Promise<LambdaFunction> {
  await writeFile(join(directory, file), source)
  const lambda = createFunction(
    {
      name: 'Stack-Echo',
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:Stack-Echo',
      handler: 'index.handler',
      directory,
      environment: {},
      timeoutSeconds: 60,
      memoryMb: 128,
      role: { name: 'Role', statements: [] },
      ...description,
    },
    { sessions, s3Url: 'http://localhost:8081', log: (line) => log.push(line), ...(now && { now }) },
  )
  functions.push(lambda)
  return lambda
}

async function answerOf(lambda: LambdaFunction, event: unknown = {}) {
  const outcome = await lambda.invoke(JSON.stringify(event))
  if ('error' in outcome) throw new Error(`${outcome.error.errorType}: ${outcome.error.errorMessage}`)
  return JSON.parse(outcome.payload)
}
