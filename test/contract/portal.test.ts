import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach } from 'vitest'
import { systemClock, systemRandom } from '../../domain/effects.ts'
import type { PortalAnswer, PortalEntity } from '../../domain/portal.ts'
import { SecretValue } from '../../domain/secret.ts'
import { createCounter } from '../../local/counts.ts'
import { openLocalPortal } from '../../local/portal.ts'
import { memoryPortal } from '../../portals/memory.ts'
import { portPortal } from '../../portals/port/client.ts'
import { portalContract, type PortalBed } from './portal.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanup) => cleanup()))
})

portalContract('in memory', async () => {
  const portal = memoryPortal()
  let runs = 0
  const start = async (action: string, inputs: Readonly<Record<string, unknown>>, teams: string[]) => {
    const id = `r_${runs++}`
    portal.start({ id, action, initiator: teams.length > 0 ? 'ada@example.com' : 'a-machine', teams, inputs })
    return id
  }
  return {
    portal,
    start: (action, inputs) => start(action, inputs, ['quotes-team']),
    startByStranger: (action) => start(action, {}, []),
    answerOf: async (run) => portal.answerOf(run),
    entity: async (blueprint, identifier) => portal.entity(blueprint, identifier),
    writes: () => portal.writes,
  }
})

portalContract('Port’s client against the stand-in, over HTTP', async () => openPort())

async function openPort(): Promise<PortalBed> {
  const directory = await mkdtemp(join(tmpdir(), 'portal-'))
  const counter = createCounter()
  const local = await openLocalPortal({
    directory,
    clientId: 'client',
    clientSecret: new SecretValue('client-secret'),
    actions: [],
    users: [
      { id: 'auth0|grace', email: 'grace@example.com', teams: ['admins'] },
      { id: 'auth0|ada', email: 'ada@example.com', teams: ['quotes-team'] },
    ],
    clock: systemClock,
    random: systemRandom,
    counter,
  })
  const server = createServer((request, response) => local.handle(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
    await rm(directory, { recursive: true, force: true })
  })
  const portal = portPortal({
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: async () => ({ clientId: 'client', clientSecret: new SecretValue('client-secret') }),
    clock: systemClock,
  })
  return {
    portal,
    start: async (action, inputs) => (await local.execute(action, inputs, 'ada@example.com')).run,
    startByStranger: async (action) => (await local.execute(action, {}, 'a-machine')).run,
    answerOf: async (run): Promise<PortalAnswer | undefined> => {
      const stored = local.state.runs[run]
      if (stored === undefined || stored.status === 'IN_PROGRESS') return undefined
      const { status, statusLabel, logs, link } = stored
      const log = logs.flatMap((message) => message.split('\n'))
      return { outcome: status, label: statusLabel ?? '', log, ...(link === undefined ? {} : { link }) }
    },
    entity: async (blueprint, identifier) => {
      const stored = local.state.entities[blueprint]?.[identifier]
      return stored && ({ blueprint, ...stored } as PortalEntity)
    },
    writes: () => counter.snapshot()['port']?.writes ?? 0,
  }
}
