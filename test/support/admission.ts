import { Environment } from '@marcbachmann/cel-js'
import type { IValidatingAdmissionPolicy } from 'kubernetes-models/admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy'

export interface AdmissionRequest {
  readonly object: Readonly<Record<string, unknown>>
  /** An update then. */
  readonly oldObject?: Readonly<Record<string, unknown>>
  /** Null for what is cluster-scoped. */
  readonly namespace: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> } | null
}

/**
 * Why the API server would refuse it, as its ValidatingAdmissionPolicies say: conditions and validations in CEL, with
 * variables that are evaluated when they are used.
 */
export function refusals(policies: readonly IValidatingAdmissionPolicy[], request: AdmissionRequest): string[] {
  return policies.filter(({ spec }) => matchesResource(spec, request)).flatMap((policy) => refusalsOf(policy, request))
}

function refusalsOf({ spec }: IValidatingAdmissionPolicy, request: AdmissionRequest): string[] {
  const environment = new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false })
  const { namespace } = request
  const context = {
    object: request.object,
    oldObject: request.oldObject ?? null,
    request: { operation: operationOf(request), namespace: namespace?.name ?? '' },
    namespaceObject: namespace && { metadata: { name: namespace.name, ...annotationsOf(namespace) } },
    variables: {},
  }
  const evaluate = (expression: string): unknown => environment.evaluate(expression, context)
  for (const { name, expression } of spec?.variables ?? []) {
    Object.defineProperty(context.variables, name, { enumerable: true, get: () => evaluate(expression) })
  }
  if (spec?.matchConditions?.some(({ expression }) => evaluate(expression) !== true)) return []
  return (spec?.validations ?? [])
    .filter(({ expression }) => evaluate(expression) !== true)
    .map(({ message, expression }) => message ?? expression)
}

function annotationsOf({ annotations }: NonNullable<AdmissionRequest['namespace']>) {
  return annotations === undefined ? {} : { annotations }
}

function matchesResource(spec: IValidatingAdmissionPolicy['spec'], request: AdmissionRequest): boolean {
  const { apiVersion, kind } = request.object as { readonly apiVersion: string; readonly kind: string }
  const resource = `${kind.toLowerCase()}s`
  return (spec?.matchConstraints?.resourceRules ?? []).some(
    (rule) =>
      rule.apiGroups?.includes(apiVersion.split('/')[0] ?? '') &&
      rule.resources?.includes(resource) &&
      rule.operations?.includes(operationOf(request)),
  )
}

function operationOf({ oldObject }: AdmissionRequest): 'CREATE' | 'UPDATE' {
  return oldObject === undefined ? 'CREATE' : 'UPDATE'
}
