import * as v from 'valibot'
import { ACCOUNT_ID, type Attributes, REGION, type Resource, resolve, type Template } from './intrinsics.ts'
import { TYPES_WITHOUT_EFFECT } from './resources.ts'

/** The resources of a template, by type, validated and with their intrinsics resolved. */
export interface Reader {
  all<S extends v.GenericSchema>(type: string, schema: S): ReadResource<S>[]
  /** @throws unless the template has exactly one */
  only<S extends v.GenericSchema>(type: string, schema: S): ReadResource<S>
  /** What `Ref` gives. */
  ref(logicalId: string): string
  /** What `Fn::GetAtt` gives. */
  attribute(logicalId: string, name: string): string
  /** @throws where the template has a resource of a type that nothing has asked for */
  finish(): void
}

interface ReadResource<S extends v.GenericSchema> {
  logicalId: string
  properties: v.InferOutput<S>
}

/** @param stackName prefixes the names of what the template leaves unnamed, as CloudFormation does */
export function createReader(template: Template, stackName: string): Reader {
  const seen = new Set(TYPES_WITHOUT_EFFECT)
  const scope = { template, attributesOf }

  function attributesOf(logicalId: string): Attributes {
    const resource = template.Resources[logicalId]
    if (resource === undefined) throw new Error(`expected a resource of the template, got ${logicalId}`)
    const named = (property: string) => {
      const name = resolve(resource.Properties?.[property], scope)
      return typeof name === 'string' ? name : `${stackName}-${logicalId}`
    }
    return attributes(logicalId, resource, named)
  }

  const reader: Reader = {
    all(type, schema) {
      seen.add(type)
      return Object.entries(template.Resources)
        .filter(([, resource]) => resource.Type === type)
        .map(([logicalId, resource]) =>
          explain(logicalId, resource, () => ({
            logicalId,
            properties: parse(schema, resolve(resource.Properties ?? {}, scope)),
          })),
        )
    },
    only(type, schema) {
      const [first, ...others] = reader.all(type, schema)
      if (first !== undefined && others.length === 0) return first
      throw new Error(`Expected one ${type} in the template, got ${first ? others.length + 1 : 'none'}.`)
    },
    ref: (logicalId) => attributesOf(logicalId).ref,
    attribute(logicalId, name) {
      const value = attributesOf(logicalId)[name]
      if (value === undefined) throw new Error(`Resource ${logicalId}: expected an attribute, got ${name}.`)
      return value
    },
    finish() {
      for (const [logicalId, { Type }] of Object.entries(template.Resources)) {
        if (seen.has(Type)) continue
        const known = [...seen].sort().join(', ')
        throw new Error(
          `Resource ${logicalId}: expected one of ${known}, got ${Type}; teach it to local/template.ts.`,
        )
      }
    },
  }
  return reader
}

function parse<S extends v.GenericSchema>(schema: S, properties: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, properties)
  if (parsed.success) return parsed.output
  const [{ expected, received }] = parsed.issues
  const path = v.getDotPath(parsed.issues[0]) ?? 'its properties'
  throw new Error(`at ${path}: expected ${expected}, got ${received}; teach it to local/resources.ts`)
}

function explain<T>(logicalId: string, { Type }: Resource, read: () => T): T {
  try {
    return read()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : cause
    throw new Error(`Resource ${logicalId} (${Type}): ${reason}.`, { cause })
  }
}

function attributes(logicalId: string, { Type }: Resource, named: (property: string) => string): Attributes {
  switch (Type) {
    case 'AWS::S3::Bucket': {
      const name = named('BucketName').toLowerCase()
      return {
        ref: name,
        Arn: `arn:aws:s3:::${name}`,
        RegionalDomainName: `${name}.s3.${REGION}.amazonaws.com`,
      }
    }
    case 'AWS::Lambda::Function': {
      const name = named('FunctionName')
      return { ref: name, Arn: `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:${name}` }
    }
    case 'AWS::IAM::Role': {
      const name = named('RoleName')
      return { ref: name, Arn: `arn:aws:iam::${ACCOUNT_ID}:role/${name}` }
    }
    case 'AWS::Logs::LogGroup': {
      const name = named('LogGroupName')
      return { ref: name, Arn: `arn:aws:logs:${REGION}:${ACCOUNT_ID}:log-group:${name}:*` }
    }
    case 'AWS::ApiGatewayV2::Api':
      return { ref: 'local', ApiId: 'local' }
    default:
      return { ref: logicalId }
  }
}
