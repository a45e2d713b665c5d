import * as z from 'zod'
import { fleetModes } from './fleet.ts'
import { limits } from './names.ts'

/** `System`, `Cluster` and `Source`: what the platform team declares. Every field is described, because JSON Schema
 *  and the resource reference are generated from here. */

export const apiVersion = 'fairway.dev/v1alpha1'

/**
 * RFC 1123 label, shortened so that every name derived from it fits its place (domain/names.ts). Never two "-" in a
 * row: ECR's repository names and the names of Service ports have no such.
 * https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
 */
export const label = z
  .string()
  .regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'must be lower-case letters, digits and single "-", starting with a letter')
  .max(limits.name, `must have at most ${limits.name} characters, so that AWS and Kubernetes names built from it fit`)

export const environmentName = label.describe('An environment, for example dev or prod.')

export const awsAction = z
  .string()
  .regex(/^[a-z0-9-]+:[A-Za-z0-9*?]+$/, 'must be service:Action, for example s3:GetObject')

export const condition = z
  .record(z.string(), z.record(z.string(), z.union([z.string(), z.array(z.string()).min(1)])))
  .describe('IAM condition block: operator, then key, then value or values.')

export const awsStatement = z.strictObject({
  actions: z.array(awsAction).min(1).describe('IAM actions, `service:Action`.'),
  resources: z
    .array(z.string().regex(/^arn:aws[a-z-]*:[a-z0-9-]+:/, 'must be an ARN, for example arn:aws:s3:::bucket/*'))
    .min(1)
    .describe('ARNs; `*` and `?` are wildcards.'),
  conditions: condition.optional(),
})
export type AwsStatement = z.infer<typeof awsStatement>

/** A NATS subject, possibly with wildcards: tokens without blanks, `>` only last. https://docs.nats.io/nats-concepts/subjects */
export const subject = z
  .string()
  .max(255, 'must have at most 255 characters')
  .regex(
    // oxlint-disable-next-line no-control-regex -- subjects hold no blanks and no control characters
    /^(?:[^\s.*>\u0000-\u001f\u007f]+|\*)(?:\.(?:[^\s.*>\u0000-\u001f\u007f]+|\*))*(?:\.>)?$/u,
    'must be a NATS subject such as quotes.created, quotes.* or quotes.>',
  )

const networkPolicies = z.strictObject({
  ingress: z
    .array(
      z.strictObject({
        namespace: label.describe('Namespace whose pods may connect.'),
        labels: z.record(z.string(), z.string()).optional().describe('Labels of those pods; all pods when absent.'),
      }),
    )
    .default([])
    .describe('Who may reach the service ports, besides workloads of the same system.'),
  egress: z
    .array(
      z.strictObject({
        cidr: z.cidrv4().describe('Destination, for example 10.0.0.0/8.'),
        ports: z.array(z.int().min(1).max(65_535)).min(1).describe('TCP ports.'),
      }),
    )
    .default([])
    .describe('What may be reached besides DNS, NATS, HTTPS (AWS) and the Pod Identity agent.'),
})

export const systemSpec = z.strictObject({
  team: label.describe('Owning team.'),
  costCentre: z
    .string()
    .min(1)
    .max(64)
    .regex(/^[\w.:/=+@ -]+$/, 'must be usable as an AWS tag value')
    .describe('Cost centre, tagged on everything.'),
  description: z.string().max(500).optional().describe('One sentence for people.'),
  sources: z.array(label).default([]).describe('Names of the Sources that may declare workloads of this system.'),
  teams: z
    .array(z.string().min(1).max(100))
    .default([])
    .describe('Portal teams whose members may declare workloads of this system.'),
  environments: z
    .array(environmentName)
    .min(1)
    .describe('Environments that workloads of this system may be placed in.'),
  aws: z
    .strictObject({
      allow: z.array(awsStatement).default([]).describe('Ceiling: a workload’s statements must be a provable subset.'),
    })
    .prefault({})
    .describe('What workloads of this system may do in AWS.'),
  nats: z
    .strictObject({
      prefixes: z
        .array(subject)
        .min(1)
        .describe(
          'Ceiling: subjects of a workload must lie under one of these, for example `quotes` (meaning quotes and quotes.>).',
        ),
      maxExpiry: z
        .string()
        .regex(/^\d+h$/, 'must be hours, for example 720h')
        .default('2160h')
        .describe('Longest life a credential may have.'),
    })
    .optional()
    .describe('NATS for this system: one account per environment. Absent: no NATS.'),
  networkPolicies: networkPolicies
    .optional()
    .describe('Switches NetworkPolicies on: deny by default, with the allows that workloads need.'),
  reconcile: z
    .enum(fleetModes)
    .optional()
    .describe(
      'repair (default): drift is repaired. report: sweeps tell drift and repair nothing. paused: nothing of this system is reconciled.',
    ),
  deletionPolicy: z
    .enum(['retain', 'delete'])
    .default('retain')
    .describe('What happens to ECR repositories when a workload is retired.'),
})
export type SystemSpec = z.infer<typeof systemSpec>

export const clusterSpec = z.strictObject({
  environment: environmentName.describe('The one environment this cluster is.'),
  aws: z
    .strictObject({
      account: z
        .string()
        .regex(/^\d{12}$/, 'must be a 12-digit account id in quotes')
        .describe('AWS account of the cluster and of the roles and secrets of its placements.'),
      region: z
        .string()
        .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be a region such as eu-west-1')
        .describe('AWS region.'),
      cluster: z
        .string()
        .min(1)
        .max(100)
        .regex(/^[0-9A-Za-z][A-Za-z0-9_-]*$/, 'must be an EKS cluster name')
        .describe('EKS cluster name.'),
      oidcProvider: z
        .string()
        .regex(/^oidc\.eks\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\/id\/[A-F0-9]+$/, 'must be the issuer without https://')
        .optional()
        .describe('OIDC issuer without scheme; needed for identity irsa.'),
      secretsKey: z
        .string()
        .regex(/^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/, 'must be the ARN of a KMS key')
        .optional()
        .describe('KMS key of the secrets of this cluster; the account’s aws/secretsmanager key when absent.'),
    })
    .describe('Where the cluster is.'),
  identity: z.enum(['pod-identity', 'irsa']).default('pod-identity').describe('How pods get their IAM role.'),
  repository: z
    .strictObject({
      url: z.url({ protocol: /^https?$/ }).describe('Clone URL of the cluster repository.'),
      branch: z.string().min(1).max(200).default('main').describe('Branch that Argo CD follows.'),
      path: z
        .string()
        .max(200)
        .default('')
        .describe('Directory for this cluster where several share one repository, for example clusters/dev.'),
    })
    .describe('The git repository that Argo CD applies to this cluster.'),
  argocd: z
    .strictObject({
      mode: z
        .enum(['hub', 'local'])
        .default('local')
        .describe('hub: one Argo CD for several clusters; local: one in this cluster.'),
      namespace: label.default('argocd').describe('Namespace of Argo CD.'),
      destination: z
        .string()
        .min(1)
        .max(253)
        .optional()
        .describe('Name of the cluster as Argo CD knows it; `in-cluster` when absent.'),
    })
    .prefault({})
    .describe('The Argo CD that applies the repository.'),
  externalSecrets: z
    .strictObject({
      role: z
        .string()
        .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/, 'must be the ARN of an IAM role')
        .optional()
        .describe('Role that the controller runs as; `fairway-external-secrets` in the cluster’s account when absent.'),
      namespace: label.optional().describe('Namespace of the controller; `external-secrets` when absent.'),
      serviceAccount: label.optional().describe('Its service account; `external-secrets` when absent.'),
      namespaceTag: z
        .boolean()
        .optional()
        .describe(
          'The controller tags its sessions with the namespace it reads for, and roles demand it (true when absent). False for versions of External Secrets that know no `sessionTagsPolicy`.',
        ),
    })
    .optional()
    .describe('The External Secrets controller of this cluster, where it differs from its usual installation.'),
  nats: z
    .strictObject({
      url: z
        .string()
        .regex(
          /^(nats|tls|wss?):\/\/[^\s,]+(,(nats|tls|wss?):\/\/[^\s,]+)*$/,
          'must be nats:// or tls:// URLs, separated by commas',
        )
        .describe('Where pods connect.'),
      operator: label.default('main').describe('Operator whose keys the control plane holds.'),
    })
    .optional()
    .describe('NATS servers of this environment. Absent: no NATS here.'),
  limits: z
    .strictObject({
      roles: z
        .int()
        .positive()
        .optional()
        .describe(
          'IAM roles that its account may have, where that is less than IAM’s own quota: for what others need there.',
        ),
      associations: z
        .int()
        .positive()
        .optional()
        .describe('Pod Identity associations of this cluster: 5000 when absent, which is what EKS gives.'),
      applications: z
        .int()
        .positive()
        .optional()
        .describe(
          'Argo CD Applications for this cluster: one for each placement, two for each System. Not counted when absent; Argo CD as EKS manages it takes 1000 in all.',
        ),
    })
    .optional()
    .describe('What is not exceeded: a workload that would is refused where it is declared. 2 % are kept in reserve.'),
  links: z
    .strictObject({
      argocd: z
        .url({ protocol: /^https$/, error: 'must be an https URL' })
        .optional()
        .describe('Address of Argo CD’s UI.'),
      logs: z
        .string()
        .max(2000)
        .regex(
          /^https:\/\/(?:[^\s{}]|\{(?:system|workload|cluster|namespace)\})+$/,
          'must be an https URL; {system}, {workload}, {cluster} and {namespace} in it are filled in',
        )
        .refine((text) => URL.canParse(text.replace(/\{\w+\}/g, 'x')), 'must be an https URL')
        .optional()
        .describe('Where logs of a workload are; {system}, {workload}, {cluster} and {namespace} are filled in.'),
    })
    .optional()
    .describe('What the portal links to for placements in this cluster.'),
})
export type ClusterSpec = z.infer<typeof clusterSpec>

export const sourceSpec = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('git').describe('Any git host over HTTPS; its webhook is POST /webhooks/git/{name}.'),
    url: z.url({ protocol: /^https?$/ }).describe('Clone URL. Only this URL is ever read, whatever a payload says.'),
    platform: z
      .boolean()
      .default(false)
      .describe('May declare System, Cluster and Source. Only in the installation’s platform repository.'),
  }),
  z.strictObject({
    type: z
      .literal('github')
      .describe('A repository reached through the GitHub App; its webhook is POST /webhooks/github.'),
    url: z.url({ protocol: /^https?$/ }).describe('Clone URL.'),
    installationId: z.int().positive().describe('The App’s installation id.'),
    repositoryId: z.int().positive().describe('The repository’s id, which survives renames.'),
    platform: z.boolean().default(false).describe('May declare System, Cluster and Source.'),
  }),
  z.strictObject({
    type: z.literal('port').describe('Port self-service actions; the webhook is POST /webhooks/port.'),
  }),
])
export type SourceSpec = z.infer<typeof sourceSpec>

const platformMetadata = z.strictObject({ name: label.describe('Name, unique within its kind.') })

function envelope<Kind extends string, Spec extends z.ZodType>(kind: Kind, spec: Spec, description: string) {
  return z
    .strictObject({
      apiVersion: z.literal(apiVersion).describe('The version of this schema.'),
      kind: z.literal(kind).describe('The kind of resource.'),
      metadata: platformMetadata.describe('What it is called.'),
      spec: spec.describe('What is wanted.'),
    })
    .describe(description)
}

export const system = envelope(
  'System',
  systemSpec,
  'A group of workloads with one owner, its sources and its ceilings.',
)
export const cluster = envelope(
  'Cluster',
  clusterSpec,
  'A destination: one EKS cluster, exactly one environment, one git repository.',
)
export const source = envelope(
  'Source',
  sourceSpec,
  'A repository or portal that may declare resources, registered by the platform team.',
)

export const workloadMetadata = z.strictObject({
  name: label.describe('Name, unique within the system.'),
  system: label.describe('The System it belongs to.'),
})
export type WorkloadMetadata = z.infer<typeof workloadMetadata>
