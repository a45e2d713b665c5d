/** The functions as data: `lambdas/<stage>/handler.ts` each. */

export interface StageSize {
  readonly description: string
  /** Seconds. Below the TimeoutSeconds of every task that calls it, so that the function's own end is what is seen. */
  readonly timeout: number
  /** Megabytes; processor time comes with them. */
  readonly memory: number
  /** Megabytes of /tmp, where it is more than Lambda gives anyway. */
  readonly storage?: number
  /** It works under no resource's lease, and may outlast one: what it writes to records, it writes on condition. */
  readonly unleased?: true
  /**
   * It may wake itself for as long as something is left to do. Lambda would take that for a mistake, and drop the message,
   * after 16 times: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
   */
  readonly recursive?: true
}

const provisioning = { timeout: 60, memory: 512 }
/** A clone of 20,000 files takes 270 MB while it is fetched. */
const git = { timeout: 120, memory: 1024 }

export const stages = {
  lease: { description: 'Takes and releases the lease of a resource', timeout: 30, memory: 512 },
  source: { description: 'Looks at the heads of sources; reads one and admits what it declares', ...git },
  check: { description: 'Check runs beside pushed commits and pull requests', ...git },
  ecr: { description: 'Image repositories', ...provisioning },
  iam: { description: 'Roles of workloads and their Pod Identity associations', ...provisioning },
  nats: { description: 'NATS accounts, users and their credentials', ...provisioning },
  secrets: { description: 'Entries in Secrets Manager', ...provisioning },
  tenancy: { description: 'What a system has once in each cluster', ...provisioning },
  commit: { description: 'Renders manifests, and hands over what differs from the branch', ...git, storage: 2048 },
  write: {
    description: 'Commits what was rendered to cluster repositories, together',
    ...git,
    storage: 2048,
    recursive: true,
  },
  report: { description: 'Status, and what the portal is told', timeout: 60, memory: 512 },
  fleet: {
    description: 'Looks at a registry, or an account and region, in pages, for what differs',
    timeout: 600,
    memory: 1024,
    unleased: true,
  },
  branches: {
    description: 'Looks at a branch of a cluster repository, for what differs',
    ...git,
    timeout: 600,
    storage: 2048,
    unleased: true,
  },
  sweep: { description: 'Looks for what is due, and has the fleet looked at', timeout: 60, memory: 512 },
  // An HTTP API waits 30 seconds for a function, and CDK sets 29: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
  operate: { description: 'Operations of people, who are authorised by IAM', timeout: 28, memory: 1024 },
  doctor: {
    description: 'Looks at the installation, and says what to do about what is wrong',
    timeout: 28,
    memory: 1024,
  },
  restore: { description: 'Marks what was declared again after the table was lost', timeout: 28, memory: 512 },
  // GitHub waits ten seconds for an answer: https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks
  intake: { description: 'Webhooks', timeout: 10, memory: 512 },
} as const satisfies Readonly<Record<string, StageSize>>

export type Stage = keyof typeof stages
export const stageNames = Object.keys(stages) as readonly Stage[]

/** How the ASL files name a stage's function. */
export function placeholderOf(stage: Stage): string {
  return `${stage.charAt(0).toUpperCase()}${stage.slice(1)}Function`
}
