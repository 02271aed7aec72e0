import { Stack, Validations } from 'aws-cdk-lib'
import type { Policy, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IConstruct } from 'constructs'

/** Accepts what cdk-nag finds of wildcards in the resources of statements: each by its own id, so that a new one is found. */
export function acceptWildcards(holder: IConstruct, statements: PolicyStatement[], reason: string): void {
  const resources = statements
    .flatMap((statement) => statement.resources)
    .map((arn) => asFinding(holder, arn))
  for (const resource of new Set(resources.filter((text) => text.includes('*')))) {
    Validations.of(holder).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason })
  }
}

/** Accepts the wildcards in actions and resources of a policy that the CDK wrote, as it stands now. */
export function acceptPolicy(policy: Policy, reason: string): void {
  const { Statement }: { Statement: { Action: unknown; Resource: unknown }[] } = Stack.of(policy).resolve(
    policy.document,
  )
  const found = Statement.flatMap(({ Action, Resource }) => [
    ...[Action].flat().map((action) => `Action::${action}`),
    ...[Resource].flat().map((arn) => `Resource::${flatten(arn)}`),
  ])
  for (const finding of new Set(found.filter((text) => text.includes('*')))) {
    Validations.of(policy).acknowledge({ id: `AwsSolutions-IAM5[${finding}]`, reason })
  }
}

/** An ARN as cdk-nag writes it: `{ "Fn::GetAtt": ["Bucket", "Arn"] }` is `<Bucket.Arn>`. */
function asFinding(scope: IConstruct, arn: string): string {
  return flatten(Stack.of(scope).resolve(arn))
}

function flatten(value: unknown): string {
  if (typeof value === 'string') return value.replaceAll('${', '<').replaceAll('}', '>')
  if (typeof value !== 'object' || value === null) return String(value)
  if ('Fn::Join' in value && Array.isArray(value['Fn::Join'])) {
    const [separator, parts]: [string, unknown[]] = value['Fn::Join'] as [string, unknown[]]
    return parts.map(flatten).join(separator)
  }
  if ('Fn::GetAtt' in value && Array.isArray(value['Fn::GetAtt'])) return `<${value['Fn::GetAtt'].join('.')}>`
  if ('Fn::Sub' in value) return flatten(value['Fn::Sub'])
  if ('Ref' in value) return `<${value.Ref}>`
  return JSON.stringify(value)
}
