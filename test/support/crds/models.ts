/** The models' own validation, made strict: by themselves they let unknown fields pass. */

/** The kinds that Fairway emits, and their modules; every other kind is a problem. */
const modules: Readonly<Record<string, string>> = {
  'v1 Namespace': 'kubernetes-models/v1/Namespace',
  'v1 ServiceAccount': 'kubernetes-models/v1/ServiceAccount',
  'v1 Service': 'kubernetes-models/v1/Service',
  'v1 ConfigMap': 'kubernetes-models/v1/ConfigMap',
  'v1 Secret': 'kubernetes-models/v1/Secret',
  'apps/v1 Deployment': 'kubernetes-models/apps/v1/Deployment',
  'batch/v1 CronJob': 'kubernetes-models/batch/v1/CronJob',
  'autoscaling/v2 HorizontalPodAutoscaler': 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler',
  'policy/v1 PodDisruptionBudget': 'kubernetes-models/policy/v1/PodDisruptionBudget',
  'networking.k8s.io/v1 NetworkPolicy': 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy',
  'rbac.authorization.k8s.io/v1 Role': 'kubernetes-models/rbac.authorization.k8s.io/v1/Role',
  'rbac.authorization.k8s.io/v1 RoleBinding': 'kubernetes-models/rbac.authorization.k8s.io/v1/RoleBinding',
  'admissionregistration.k8s.io/v1 ValidatingAdmissionPolicy':
    'kubernetes-models/admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy',
  'admissionregistration.k8s.io/v1 ValidatingAdmissionPolicyBinding':
    'kubernetes-models/admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding',
  'argoproj.io/v1alpha1 AppProject': '@kubernetes-models/argo-cd/argoproj.io/v1alpha1/AppProject',
  'argoproj.io/v1alpha1 Application': '@kubernetes-models/argo-cd/argoproj.io/v1alpha1/Application',
  'external-secrets.io/v1 ExternalSecret': '@kubernetes-models/external-secrets/external-secrets.io/v1/ExternalSecret',
  'external-secrets.io/v1 SecretStore': '@kubernetes-models/external-secrets/external-secrets.io/v1/SecretStore',
}

interface Model {
  readonly prototype: { readonly validate: (this: unknown) => void }
}

const models = new Map(
  await Promise.all(
    Object.entries(modules).map(async ([name, path]): Promise<[string, Model]> => {
      const module = (await import(path)) as Readonly<Record<string, Model>>
      const model = module[name.split(' ')[1] ?? '']
      if (model === undefined) throw new Error(`${path} has no model`)
      return [name, model]
    }),
  ),
)

export function modelProblems(object: unknown): string[] {
  if (!isObject(object)) return ['not an object']
  const name = `${String(object.apiVersion)} ${String(object.kind)}`
  const model = models.get(name)
  if (model === undefined) return [`no schema for ${name}`]
  const watched = watch(object, '')
  const errors = errorsOf(() => model.prototype.validate.call(watched.value))
  // Custom resources' models lag behind; what their specs may hold is for the CRDs to say.
  const isCore = modules[name]?.startsWith('kubernetes-models/')
  const unknown = watched.untouched().filter((path) => isCore || !path.startsWith('/spec/'))
  return [...errors, ...unknown.map((path) => `${path}: unknown field`), ...nulls(object, '')]
}

function errorsOf(validate: () => void): string[] {
  try {
    validate()
    return []
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}

/**
 * The compiled validators read each property that the schema has by its name, and go over all keys of a free-form map.
 * What they never look at is no field of the kind; except `description`, which the models' generator drops everywhere.
 */
function watch(target: object, path: string): { readonly value: unknown; untouched(): string[] } {
  const seen = new Set<string>()
  const members = new Map<string, ReturnType<typeof watch>>()
  let open = Array.isArray(target)
  const value = new Proxy(target, {
    get(_, key) {
      const member: unknown = Reflect.get(target, key)
      if (typeof key !== 'string') return member
      seen.add(key)
      if (typeof member !== 'object' || member === null) return member
      const inner = members.get(key) ?? watch(member, `${path}/${key}`)
      members.set(key, inner)
      return inner.value
    },
    ownKeys() {
      open = true
      return Reflect.ownKeys(target)
    },
  })
  const untouched = () => [
    ...(open
      ? []
      : Object.keys(target)
          .filter((key) => !seen.has(key) && key !== 'description')
          .map((key) => `${path}/${key}`)),
    ...[...members.values()].flatMap((member) => member.untouched()),
  ]
  return { value, untouched }
}

/** The API server drops them, the models accept them; a renderer that means "absent" leaves the field out. */
function nulls(value: unknown, path: string): string[] {
  if (value === null) return [`${path}: null`]
  if (typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, member]) => nulls(member, `${path}/${key}`))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
