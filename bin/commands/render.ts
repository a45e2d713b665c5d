import { Command } from 'commander'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { key as natsKey } from '../../capabilities/nats/desired.ts'
import { inboxPrefix } from '../../capabilities/nats/scope.ts'
import { forEnvironment, type WorkloadSpec } from '../../capabilities/schema.ts'
import type { Installation, NamedSystem } from '../../domain/capability.ts'
import { Terminal } from '../../domain/errors.ts'
import type { OwnedTree } from '../../domain/git.ts'
import { previewOutputs } from '../../flow/preview.ts'
import { missingInputs } from '../../flow/render.ts'
import type { Platform, ValidResource } from '../../flow/validate.ts'
import { rendering } from '../../lambdas/runtime/rendering.ts'
import { validateFiles } from '../../lambdas/runtime/validation.ts'
import { formatProblem } from '../../manifests/problems.ts'
import { readFiles } from './files.ts'
import type { Exit } from './exit.ts'
import { readPlatform } from './validate.ts'

interface Options {
  readonly platform: string
  readonly out: string
  readonly image?: string
  readonly installation: string
  readonly account: string
  readonly region: string
}

export function renderCommand(exit: Exit): Command {
  return new Command('render')
    .description(
      'Write the manifests as they would stand in each cluster repository. No network: version ids are those of ' +
        'generation 1, and what only provisioning would tell has a stand-in.',
    )
    .argument('<file...>', 'manifests, or directories of them')
    .requiredOption('--platform <dir>', 'the platform team’s System, Cluster and Source manifests')
    .requiredOption('--out <dir>', 'where to write; one directory per cluster')
    .option('--image <digest>', 'sha256:…, for workloads that run their own image; without it none is deployed')
    .option('--installation <name>', 'name of the installation, part of role and secret names', 'fairway')
    .option('--account <id>', 'account of the control plane, where images are', '000000000000')
    .option('--region <region>', 'region of the control plane', 'eu-west-1')
    .addHelpText(
      'after',
      '\nExamples:\n  $ fairway render fairway.yaml --platform ../platform --out ./rendered --image sha256:…',
    )
    .action(async (paths: string[], options: Options) => {
      if (options.image !== undefined && !/^sha256:[0-9a-f]{64}$/.test(options.image)) {
        throw new Terminal(`"${options.image}" is not a digest`, { fix: 'write sha256: and 64 hexadecimal digits' })
      }
      const platform = await readPlatform(options.platform)
      const { resources, problems } = validateFiles(await readFiles(paths), { platform })
      for (const problem of problems) console.error(formatProblem(problem))
      exit.code = problems.length > 0 ? 1 : 0
      const workloads = resources.filter(({ kind }) => kind === 'Workload')
      for (const workload of workloads) {
        for (const { cluster, tree } of renderWorkload(workload, platform, options)) {
          for (const [path, text] of tree.files) await write(join(options.out, cluster, path), text)
          console.log(`${tree.owner} in ${cluster}: ${tree.files.size} files`)
        }
      }
    })
}

function renderWorkload(
  resource: ValidResource,
  platform: Platform,
  options: Options,
): { readonly cluster: string; readonly tree: OwnedTree }[] {
  const [systemName = '', workload = ''] = resource.name.split('/')
  const system = platform.systems.find(({ name }) => name === systemName) as NamedSystem
  const spec = resource.spec as WorkloadSpec
  return platform.clusters.flatMap((cluster) => {
    const placed = forEnvironment(spec, cluster.spec.environment)
    if (placed === undefined) return []
    const subject = { installation: installationOf(options), system, workload, incarnation: 1, cluster, spec: placed }
    const outputs = previewOutputs(subject, { inboxPrefix, natsKey }, options.image)
    return [
      {
        cluster: cluster.name,
        tree: rendering.render(subject, outputs, missingInputs(subject, outputs, []).length === 0),
      },
    ]
  })
}

function installationOf({ installation, account, region }: Options): Installation {
  return {
    name: installation,
    account,
    region,
    permissionsBoundary: 'fairway-boundary',
    secretRecoveryDays: 30,
    overlap: { least: 600_000, most: 86_400_000 },
  }
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text)
}
