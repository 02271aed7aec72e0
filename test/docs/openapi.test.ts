import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { routes } from '../../protocol/routes.ts'
import { openApi } from '../../scripts/openapi.ts'

test('docs/openapi.json is what the routes say: node scripts/openapi.ts > docs/openapi.json', async () => {
  const written = await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8')
  expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(openApi())))
})

test('it has every operation, with what each takes', () => {
  const { paths } = openApi() as { paths: Record<string, Record<string, { operationId: string }>> }
  const operations = Object.values(paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  )
  expect(operations.sort()).toEqual(Object.keys(routes).sort())
  expect(paths['/uploads']?.post).toMatchObject({
    parameters: [{ name: 'format', in: 'query', required: false }],
    requestBody: {
      content: {
        'application/json': { schema: { required: ['fileName', 'size'], additionalProperties: false } },
      },
    },
  })
})
