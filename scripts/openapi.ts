import { toJsonSchema } from '@valibot/to-json-schema'
import { problems } from '../protocol/problems.ts'
import { type Route, routes } from '../protocol/routes.ts'
import { ProblemBody } from '../protocol/schemas.ts'
import { VERSION } from '../protocol/version.ts'

/**
 * The HTTP API as OpenAPI 3.1, derived from `protocol/routes.ts`.
 * `node scripts/openapi.ts > docs/openapi.json`; a test fails where that file is out of date.
 */

type Schema = NonNullable<Route['response']>

export function openApi(): object {
  const paths: Record<string, Record<string, object>> = {}
  for (const route of Object.values<Route>(routes)) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Partway', version: VERSION, license: { name: 'MIT' } },
    paths,
    components: { schemas: { Problem: jsonSchema(ProblemBody, 'output') } },
  }
}

function operation({ name, path, request, response, status }: Route): object {
  const success = response
    ? { description: 'Done', content: { 'application/json': { schema: jsonSchema(response, 'output') } } }
    : { description: 'Done' }
  return {
    operationId: name,
    parameters: [...parameters('path', request.path), ...parameters('query', request.query)],
    ...(request.body && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: jsonSchema(request.body, 'input') } },
      },
    }),
    responses: { [status]: success, default: problemResponse() },
    ...(path === '/' && { security: [] }),
  }
}

function parameters(place: 'path' | 'query', schema: Schema | undefined): object[] {
  if (!schema) return []
  const { properties = {}, required = [] } = jsonSchema(schema, 'input')
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema,
  }))
}

function problemResponse(): object {
  return {
    description: `A problem; its type ends in one of ${Object.keys(problems).join(', ')}`,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
}

/** Checks that JSON Schema has no word for, such as `from ≤ to`, stay with the server. */
function jsonSchema(schema: Schema, typeMode: 'input' | 'output') {
  const { $schema: _, ...converted } = toJsonSchema(schema as Parameters<typeof toJsonSchema>[0], {
    typeMode,
    errorMode: 'ignore',
  })
  return converted
}

if (import.meta.main) console.log(JSON.stringify(openApi(), undefined, 2))
