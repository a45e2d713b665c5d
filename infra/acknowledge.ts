import { Stack, Validations } from 'aws-cdk-lib'
import type { PolicyDocument } from 'aws-cdk-lib/aws-iam'
import type { IConstruct } from 'constructs'
import { wildcards } from './wildcards.ts'

/**
 * A finding of cdk-nag's AwsSolutions pack that is as it should be, and why. CDK itself keeps it, so an app that is
 * deployed needs no cdk-nag; test/infra/nag.test.ts runs the pack.
 */
export function acknowledge(scope: IConstruct, finding: string, reason: string): void {
  Validations.of(scope).acknowledge({ id: `AwsSolutions-${finding}`, reason })
}

/** Resources of a policy that are patterns, each for the reason that infra/wildcards.ts gives; others are findings. */
export function acknowledgePatterns(scope: IConstruct, policy: PolicyDocument): void {
  const actions = new Map<string, Set<string>>()
  for (const { Action = [], Resource = [] } of statementsOf(scope, policy)) {
    for (const resource of [Resource].flat().map(shown)) {
      actions.set(resource, new Set([...(actions.get(resource) ?? []), ...[Action].flat()]))
    }
  }
  for (const [resource, granted] of actions) {
    const reason = reasonFor(resource, granted)
    if (reason !== undefined) acknowledge(scope, `IAM5[Resource::${resource}]`, reason)
  }
}

interface Statement {
  readonly Action?: string | readonly string[]
  readonly Resource?: unknown
}

function statementsOf(scope: IConstruct, policy: PolicyDocument): readonly Statement[] {
  const { Statement = [] } = Stack.of(scope).resolve(policy.toJSON()) as { readonly Statement?: readonly Statement[] }
  return Statement
}

/** Of the longest pattern that is written like it and allows these actions; undefined where there is none. */
function reasonFor(resource: string, actions: ReadonlySet<string>): string | undefined {
  const [best] = wildcards
    .filter(({ pattern }) => expression(pattern).test(resource))
    .toSorted((one, other) => other.pattern.length - one.pattern.length)
  const { only } = best ?? {}
  return only === undefined || [...actions].every((action) => only.includes(action)) ? best?.reason : undefined
}

/** As cdk-nag writes it: `<AWS::Region>` for a reference. */
function shown(resource: unknown): string {
  if (typeof resource === 'string') return resource
  const { Ref: ref, 'Fn::Join': joined } = resource as { Ref?: string; 'Fn::Join'?: [string, unknown[]] }
  if (joined) return joined[1].map(shown).join(joined[0])
  return ref === undefined ? JSON.stringify(resource) : `<${ref}>`
}

function expression(pattern: string): RegExp {
  const literal = pattern.split(/\$\{\w+\}/).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  return new RegExp(`^${literal.join('[^*]+')}$`)
}
