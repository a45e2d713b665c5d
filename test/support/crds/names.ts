/** https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and …/labels/#syntax-and-character-set */

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const subdomain = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const serviceName = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/
const qualifiedName =
  /^(?:(?=[^/]{1,253}\/)[a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/

/** Argo CD writes an Application's name into labels; a CronJob's Jobs append 11 characters. */
const limits: Readonly<Record<string, number>> = { CronJob: 52, Application: 63 }

const clusterScoped = new Set(['Namespace', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'])

interface Metadata {
  readonly name?: string
  readonly namespace?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

export function nameProblems(object: unknown): string[] {
  const { kind, metadata } = object as { kind: string; metadata?: Metadata }
  if (metadata?.name === undefined) return ['/metadata/name: missing']
  const { name, namespace } = metadata
  const rule = kind === 'Namespace' ? label : kind === 'Service' ? serviceName : subdomain
  const problems: string[] = []
  if (!rule.test(name) || name.length > (limits[kind] ?? 253)) problems.push(`/metadata/name: bad name ${name}`)
  if (clusterScoped.has(kind) ? namespace !== undefined : namespace === undefined) {
    problems.push(`/metadata/namespace: ${clusterScoped.has(kind) ? `a ${kind} has none` : 'missing'}`)
  }
  if (namespace !== undefined && !label.test(namespace)) problems.push(`/metadata/namespace: bad name ${namespace}`)
  return [...problems, ...metadataProblems(object, '')]
}

/** Of the object and of every template in it. */
function metadataProblems(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null) return []
  const { labels, annotations } = value as Metadata
  const found = path.endsWith('/metadata')
    ? [
        ...Object.entries(labels ?? {})
          .filter(([key, text]) => !qualifiedName.test(key) || !labelValue.test(text))
          .map(([key, text]) => `${path}/labels: bad label ${key}: ${text}`),
        ...Object.keys(annotations ?? {})
          .filter((key) => !qualifiedName.test(key.toLowerCase()))
          .map((key) => `${path}/annotations: bad key ${key}`),
      ]
    : []
  return [...found, ...Object.entries(value).flatMap(([key, member]) => metadataProblems(member, `${path}/${key}`))]
}
