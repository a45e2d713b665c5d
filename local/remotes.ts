import { basename } from 'node:path'
import type { NatsProvider } from '../capabilities/nats/provider.ts'
import type { ClusterRepositoryTarget, ClusterRepositoryWriter, SourceHeads, SourceReader } from '../domain/git.ts'
import type { Counter } from './counts.ts'

/** The ports of a local control plane: where manifests name the company's hosts, this machine's are meant, and every call is counted. */

/** `https://git.example/team/name.git` is `name` here. */
export function localName(url: string): string {
  return basename(new URL(url).pathname).replace(/\.git$/, '')
}

export function localReader(
  reader: SourceReader,
  here: (name: string) => Promise<string>,
  counter: Counter,
): SourceReader {
  return {
    async read({ url }, known) {
      counter.read('git')
      return reader.read({ url: await here(localName(url)) }, known)
    },
    async readRef({ url }, ref) {
      counter.read('git')
      return reader.readRef({ url: await here(localName(url)) }, ref)
    },
  }
}

export function localHeads(heads: SourceHeads, here: (name: string) => Promise<string>, counter: Counter): SourceHeads {
  return {
    async heads(sources) {
      for (const _ of sources) counter.read('git')
      const moved = sources.map(async ({ name, location: { url } }) => ({
        name,
        location: { url: await here(localName(url)) },
      }))
      return heads.heads(await Promise.all(moved))
    },
  }
}

export function localWriter(
  writer: ClusterRepositoryWriter,
  here: (name: string) => Promise<string>,
  counter: Counter,
): ClusterRepositoryWriter {
  const local = async ({ url, branch }: ClusterRepositoryTarget) => ({ url: await here(localName(url)), branch })
  return {
    async commit(request) {
      counter.read('git')
      const result = await writer.commit({ ...request, target: await local(request.target) })
      if (result.result === 'committed') counter.write('git')
      return result
    },
    async commitGroup(request) {
      counter.read('git')
      const results = await writer.commitGroup({ ...request, target: await local(request.target) })
      if (results.some(({ result }) => result === 'committed')) counter.write('git')
      return results
    },
    async list(target, paths) {
      counter.read('git')
      return writer.list(await local(target), paths)
    },
  }
}

/** All operators and servers are the one that runs here. */
export function localProvider(provider: NatsProvider, operator: string, url: string, counter: Counter): NatsProvider {
  const target = { operator, url }
  return {
    read(_, account) {
      counter.read('nats')
      return provider.read(target, account)
    },
    readMany(_, accounts) {
      for (let question = 0; question <= accounts.length; question++) counter.read('nats')
      return provider.readMany(target, accounts)
    },
    push(_, claims, issuedAt) {
      counter.write('nats')
      return provider.push(target, claims, issuedAt)
    },
    connections(_, account) {
      counter.read('nats')
      return provider.connections(target, account)
    },
    admits(_, credentials) {
      counter.read('nats')
      return provider.admits(target, credentials)
    },
    reach() {
      counter.read('nats')
      return provider.reach(target)
    },
    close: () => provider.close(),
  }
}
