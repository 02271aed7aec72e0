import { describe, expect, test } from 'vitest'
import { createPolicy, type Statement } from '../../local/policy.ts'

const OBJECTS = 'arn:aws:s3:::films/uploads/*'
const BUCKET = 'arn:aws:s3:::films'

function policy(...statements: Partial<Statement>[]) {
  return createPolicy(
    statements.map((statement) => ({
      Effect: 'Allow',
      Action: 's3:PutObject',
      Resource: OBJECTS,
      ...statement,
    })),
    'Role complete',
  )
}

describe('a role allows what its statements say and nothing else', () => {
  test.each([
    ['s3:PutObject', 'arn:aws:s3:::films/uploads/a/b', true],
    ['s3:putobject', 'arn:aws:s3:::films/uploads/a', true],
    ['s3:GetObject', 'arn:aws:s3:::films/uploads/a', false],
    ['s3:PutObjectAcl', 'arn:aws:s3:::films/uploads/a', false],
    ['s3:PutObject', 'arn:aws:s3:::films/other/a', false],
    ['s3:PutObject', 'arn:aws:s3:::films/UPLOADS/a', false],
    ['s3:PutObject', 'arn:aws:s3:::filmsX/uploads/a', false],
    ['s3:PutObject', 'x-arn:aws:s3:::films/uploads/a', false],
  ])('%s on %s: %s', (action, resource, allowed) => {
    expect(policy({}).allows(action, resource)).toBe(allowed)
  })

  test('nothing without statements', () => {
    expect(policy().allows('s3:PutObject', OBJECTS)).toBe(false)
  })

  test('a Deny wins, in any order', () => {
    const deny = { Effect: 'Deny', Resource: `${OBJECTS}secret` }
    for (const statements of [
      [{}, deny],
      [deny, {}],
    ]) {
      expect(policy(...statements).allows('s3:PutObject', 'arn:aws:s3:::films/uploads/my.secret')).toBe(false)
      expect(policy(...statements).allows('s3:PutObject', 'arn:aws:s3:::films/uploads/open')).toBe(true)
    }
  })

  test('wildcards: * is any text, ? one character, the rest is literal', () => {
    const { allows } = policy({
      Action: ['s3:Get*', 's3:?utObject'],
      Resource: [BUCKET, `${BUCKET}/a.b+c/*`],
    })
    expect(allows('s3:GetObjectVersion', BUCKET)).toBe(true)
    expect(allows('s3:PutObject', `${BUCKET}/a.b+c/line\nbreak`)).toBe(true)
    expect(allows('s3:utObject', BUCKET)).toBe(false)
    expect(allows('s3:PutObject', `${BUCKET}/axbbc/d`)).toBe(false)
  })
})

describe('a condition on s3:prefix', () => {
  const conditions = (operator: string, value: string | string[]) =>
    policy({ Action: 's3:ListBucket', Resource: BUCKET, Condition: { [operator]: { 's3:prefix': value } } })

  test.each([
    ['StringLike', 'uploads/*', 'uploads/me/', true],
    ['StringLike', 'uploads/*', 'others/', false],
    ['StringLike', ['a/*', 'b/*'], 'b/c', true],
    ['StringEquals', 'uploads/', 'uploads/', true],
    ['StringEquals', 'uploads/', 'uploads/me', false],
    ['StringEquals', 'u*', 'uploads', false],
  ])('%s %j and a listing of %s: %s', (operator, value, prefix, allowed) => {
    expect(conditions(operator, value).allows('s3:ListBucket', BUCKET, { prefix })).toBe(allowed)
  })

  test('does not hold where the request has no prefix', () => {
    expect(conditions('StringLike', '*').allows('s3:ListBucket', BUCKET)).toBe(false)
  })
})

test.each<[Record<string, unknown>, RegExp]>([
  [{ Effect: 'Perhaps' }, /Role complete: expected Effect Allow or Deny.*"Perhaps"/],
  [{ NotAction: 's3:*' }, /expected Sid, Effect, .* got "NotAction"/],
  [
    { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } },
    /expected StringEquals or StringLike.*"IpAddress"/,
  ],
  [{ Condition: { StringLike: { 'aws:userid': 'x' } } }, /expected a condition on s3:prefix.*"aws:userid"/],
])('what is not evaluated is refused at load: %j', (statement, message) => {
  expect(() => policy(statement)).toThrow(message)
})
