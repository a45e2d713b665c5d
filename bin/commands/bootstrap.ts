import { Command, InvalidArgumentError, Option } from 'commander'
import { readFile } from 'node:fs/promises'
import type { EksAccess } from '../../capabilities/argocd/eks.ts'
import { bootstrapObjects, runsItsArgoCd, type BootstrapPart } from '../../capabilities/bootstrap.ts'
import type { NamedCluster } from '../../domain/capability.ts'
import { Terminal } from '../../domain/errors.ts'
import { didYouMean } from '../../manifests/suggest.ts'
import { emitAll } from '../../manifests/write.ts'
import { remaining } from './bootstrapnotes.ts'
import type { Exit } from './exit.ts'
import { readPlatform } from './validate.ts'

export interface BootstrapCommandOptions {
  readonly platform: string
  readonly installation: string
  readonly part?: BootstrapPart
  readonly webhooks?: string
  readonly removals: boolean
  readonly image: string
  readonly managedArgocd?: boolean
  readonly endpoint?: string
  readonly authority?: string
  readonly argocdRole?: string
  readonly allowClusterSecretStores?: boolean
  readonly json?: boolean
}

/** Runs as it is in any image with Node 24; a copy of your own, by digest, is what a cluster should have. */
const defaultImage = 'node:24-alpine'

const program = new URL('../../capabilities/argocd/confirmremovals.ts', import.meta.url)

export function bootstrapCommand(_exit: Exit): Command {
  const command = new Command('bootstrap').description('Print what has to be applied once, by a person.')
  command
    .command('cluster')
    .description(
      'Print what a cluster needs once, for `kubectl apply -f -`: root Application and AppProject, admission policies, ' +
        'and what confirms removals. Applying it again changes nothing. What remains by hand is said on stderr.',
    )
    .argument('<name>', 'name of the Cluster')
    .requiredOption('--platform <path>', 'the platform team’s manifests, or the one with the Cluster')
    .option('--installation <name>', 'name of the installation, part of role names', 'main')
    .addOption(
      new Option(
        '--part <part>',
        'only what belongs into the cluster that Argo CD runs in, or into the cluster itself',
      ).choices(['argocd', 'cluster']),
    )
    .option(
      '--webhooks <url>',
      'where the installation takes webhooks: output FairwayWebhookUrl of its stack',
      parseUrl,
    )
    .option('--no-removals', 'nothing confirms removals; a person does, with `fairway retire NAME --confirm CLUSTER`')
    .option('--image <image>', 'with node 24 or later in its path; confirms removals', defaultImage)
    .option('--managed-argocd', 'Argo CD is the EKS capability: register the cluster by its ARN')
    .option('--endpoint <url>', 'register the cluster with an Argo CD of your own: its API server', parseUrl)
    .option('--authority <base64>', 'certificate authority of that API server')
    .option('--argocd-role <arn>', 'role that Argo CD takes for that cluster, where it is not its own')
    .option('--allow-cluster-secret-stores', 'leave ClusterSecretStores that name no role of Fairway’s alone')
    .option('--json', 'as a List in JSON')
    .addHelpText('after', examples)
    .exitOverride()
    .showSuggestionAfterError()
    .action(bootstrapCluster)
  return command.addHelpText('after', examples)
}

const examples = `
Examples:
  $ fairway bootstrap cluster dev --platform platform/ --webhooks https://… | kubectl --context dev apply -f -
  $ fairway bootstrap cluster prod --platform platform/ --part argocd --webhooks https://… \\
      --endpoint "$(aws eks describe-cluster --name apps-prod --query cluster.endpoint --output text)" \\
      --authority "$(aws eks describe-cluster --name apps-prod --query cluster.certificateAuthority.data --output text)" \\
      | kubectl --context hub apply -f -
  $ fairway bootstrap cluster prod --platform platform/ --part cluster | kubectl --context prod apply -f -`

async function bootstrapCluster(name: string, options: BootstrapCommandOptions): Promise<void> {
  const cluster = await clusterNamed(name, options.platform)
  const parts = partsOf(cluster, options)
  const removals = await removalsOf(parts, options)
  const access = accessOf(options)
  const objects = bootstrapObjects({
    installation: { name: options.installation },
    cluster,
    ...(removals === undefined ? {} : { removals }),
    ...(access === undefined ? {} : { access }),
    clusterSecretStores: options.allowClusterSecretStores ? 'allowed' : 'refused',
  })
  const items = parts.flatMap((part) => objects[part])
  const list = { apiVersion: 'v1', kind: 'List', items }
  process.stdout.write(options.json ? `${JSON.stringify(list, null, 2)}\n` : emitAll(items))
  for (const note of remaining(cluster, parts, options)) console.error(`- ${note}`)
}

async function clusterNamed(name: string, platform: string): Promise<NamedCluster> {
  const { clusters } = await readPlatform(platform)
  const cluster = clusters.find((one) => one.name === name)
  if (cluster !== undefined) return cluster
  throw new Terminal(`${platform} declares no Cluster ${name}`, {
    fix: `give what declares it with --platform${didYouMean(
      name,
      clusters.map((one) => one.name),
    )}`,
  })
}

/** What belongs into two clusters is never printed as one: it would be applied to one of them. */
function partsOf(cluster: NamedCluster, { part }: BootstrapCommandOptions): readonly BootstrapPart[] {
  if (part !== undefined) return [part]
  if (runsItsArgoCd(cluster)) return ['argocd', 'cluster']
  throw new Terminal(`${cluster.name} is applied by the Argo CD of another cluster, so there are two to prepare`, {
    fix: 'run this with --part argocd for the hub, and with --part cluster for the cluster itself',
  })
}

async function removalsOf(parts: readonly BootstrapPart[], { removals, webhooks, image }: BootstrapCommandOptions) {
  if (!removals || !parts.includes('argocd')) return undefined
  if (webhooks !== undefined) return { webhooks, image, program: await readFile(program, 'utf8') }
  throw new Terminal('where Fairway takes confirmations of removals is not said', {
    fix: 'give --webhooks with the output FairwayWebhookUrl of its stack, or --no-removals',
  })
}

function accessOf(options: BootstrapCommandOptions): EksAccess | undefined {
  const { managedArgocd, endpoint, authority, argocdRole } = options
  const own = [endpoint, authority, argocdRole].some((option) => option !== undefined)
  if (managedArgocd && own) {
    throw new Terminal('--managed-argocd registers by ARN, and needs neither --endpoint, --authority nor --argocd-role')
  }
  if (managedArgocd) return { type: 'managed' }
  if (!own) return undefined
  if (endpoint === undefined || authority === undefined) {
    throw new Terminal('--endpoint and --authority belong together', { fix: '`aws eks describe-cluster` says both' })
  }
  return { type: 'self-managed', endpoint, authority, ...(argocdRole === undefined ? {} : { role: argocdRole }) }
}

function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'https:') throw new InvalidArgumentError('must be an https URL')
  return text
}
