import type { GitAccess } from '../flow/doctor/ports.ts'
import type { DoctorPorts, PortalAccess, SecretState } from '../flow/doctor/ports.ts'
import { readAdvertisement } from '../git/advertisement.ts'
import type { GitRemote } from '../git/remote.ts'
import { writable } from '../git/writable.ts'
import { accountAccess } from '../lambdas/doctor/account.ts'
import { within } from '../lambdas/doctor/within.ts'
import type { AwsCore } from '../lambdas/runtime/core.ts'
import { missingBlueprints } from '../portals/port/blueprints.ts'
import type { PortOptions } from '../portals/port/remote.ts'
import type { AwsClients } from './aws/index.ts'
import type { Counter } from './counts.ts'
import { localName } from './remotes.ts'

/** What the doctor looks at besides AWS and the store. */
export type LocalDoctor = Pick<DoctorPorts, 'git' | 'github' | 'portal' | 'secret'>

type Invoke = (name: string, payload: unknown) => Promise<unknown>

/** The doctor's ports on this process's AWS, store and functions. */
export function doctorPorts(
  core: Pick<AwsCore, 'installation' | 'store' | 'clock'>,
  aws: AwsClients,
  invoke: Invoke,
  local: LocalDoctor,
): DoctorPorts {
  const { installation, store, clock } = core
  return {
    installation,
    store,
    clock,
    within,
    ...local,
    account: async (target) => accountAccess({ iam: aws.iam(target), eks: aws.eks(target), kms: aws.kms(target) }),
    capability: async (capability, target, nats) => {
      const name = `${capability.charAt(0).toUpperCase()}${capability.slice(1)}Function`
      const answer = await invoke(name, { operation: 'check', ...target, ...(nats ? { nats } : {}) })
      return answer as Awaited<ReturnType<DoctorPorts['capability']>>
    },
  }
}

/** Repositories of this machine, over the same protocol as elsewhere. */
export function localGitAccess(
  remote: GitRemote,
  here: (kind: 'repos' | 'sources') => (name: string) => Promise<string>,
  counter: Counter,
): GitAccess {
  return {
    async readable({ url }) {
      counter.read('git')
      return { empty: (await readAdvertisement(remote, await here('sources')(localName(url)))).head === undefined }
    },
    async writable({ url, branch }) {
      counter.read('git')
      return writable(remote, { url: await here('repos')(localName(url)), branch })
    },
  }
}

/** The stand-in of Port, which takes any blueprint. */
export function localPortalAccess(options: PortOptions): PortalAccess {
  return { connected: async () => true, missing: (blueprints) => missingBlueprints(options, blueprints) }
}

/** One secret signs all webhooks here, and is the stand-in's client secret; nothing else needs one. */
export async function localSecret({ form }: Parameters<DoctorPorts['secret']>[0]): Promise<SecretState> {
  return { state: form === 'webhook' || form === 'port' ? 'filled' : 'empty' }
}
