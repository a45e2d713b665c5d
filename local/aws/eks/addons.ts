import { CreateAddonCommand, DeleteAddonCommand, DescribeAddonCommand } from '@aws-sdk/client-eks'
import type {
  Addon,
  CreateAddonCommandInput,
  DeleteAddonCommandInput,
  DescribeAddonCommandInput,
} from '@aws-sdk/client-eks'
import { read, write } from '../core/operations.ts'
import { addonExists, noAddon } from './errors.ts'
import { clusterOf, putCluster } from './state.ts'
import type { Call } from '../core/operations.ts'
import type { Cluster } from './state.ts'

export const addonOperations = [
  write(CreateAddonCommand, createAddon),
  read(DescribeAddonCommand, describeAddon),
  write(DeleteAddonCommand, deleteAddon),
]

/** At once active. */
function createAddon(input: CreateAddonCommandInput, call: Call) {
  const cluster = clusterOf(call, input.clusterName)
  const name = input.addonName ?? ''
  if (addons(cluster).includes(name)) throw addonExists(call)
  putCluster(call, { ...cluster, addons: [...addons(cluster), name] })
  return { addon: describe(cluster, name) }
}

function describeAddon(input: DescribeAddonCommandInput, call: Call) {
  const cluster = clusterOf(call, input.clusterName)
  return { addon: describe(cluster, installed(call, cluster, input.addonName)) }
}

function deleteAddon(input: DeleteAddonCommandInput, call: Call) {
  const cluster = clusterOf(call, input.clusterName)
  const name = installed(call, cluster, input.addonName)
  putCluster(call, { ...cluster, addons: addons(cluster).filter((other) => other !== name) })
  return { addon: { ...describe(cluster, name), status: 'DELETING' as const } }
}

function installed(call: Call, cluster: Cluster, name: string | undefined): string {
  if (name !== undefined && addons(cluster).includes(name)) return name
  throw noAddon(call, name)
}

/** Kept state may be older than add-ons are simulated. */
function addons(cluster: Cluster): readonly string[] {
  return cluster.addons ?? []
}

function describe(cluster: Cluster, name: string): Addon {
  const arn = cluster.arn.replace(':cluster/', ':addon/')
  return { addonName: name, clusterName: cluster.name, status: 'ACTIVE', addonArn: `${arn}/${name}/1` }
}
