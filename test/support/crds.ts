import { crossFieldProblems } from './crds/crossfield.ts'
import { customResourceProblems } from './crds/custom.ts'
import { modelProblems } from './crds/models.ts'
import { nameProblems } from './crds/names.ts'
import { podSpecOf, podSpecViolations } from './crds/podsecurity.ts'

/**
 * What an API server would say of a manifest under strict field validation: unknown fields, wrong types, bad names,
 * members that do not go together. Empty: fine. Custom resources are held against the upstream CRDs of a sibling
 * folder `shared/crds` as well; where that is absent it says so once and goes without.
 */
export function checkManifest(object: unknown): string[] {
  const structural = [...modelProblems(object), ...nameProblems(object), ...customResourceProblems(object)]
  // Relations between members are looked at when each member is what it should be.
  return structural.length > 0 ? structural : crossFieldProblems(object)
}

/**
 * Why a pod spec, or the pods of a Kubernetes object, do not meet the restricted Pod Security Standard.
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export function podSecurityViolations(object: unknown): string[] {
  const spec = podSpecOf(object)
  return spec === undefined ? [] : podSpecViolations(spec)
}
