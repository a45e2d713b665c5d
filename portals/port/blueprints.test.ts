import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { SecretValue } from '../../domain/secret.ts'
import { missingBlueprints } from './blueprints.ts'

/** A Port that knows one blueprint, and one that takes no credentials. */

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function port(known: string, tokenStatus: number): Promise<{ base: string; paths: string[] }> {
  const paths: string[] = []
  const server = createServer((request, response) => {
    paths.push(`${request.method} ${request.url}`)
    const token = request.url === '/v1/auth/access_token'
    const status = token ? tokenStatus : request.url?.endsWith(`/${known}`) ? 200 : 404
    response.writeHead(status).end(JSON.stringify({ ok: status === 200, accessToken: 't', expiresIn: 300 }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => new Promise((resolve) => server.close(() => resolve())))
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, paths }
}

const options = (base: string) => ({
  base,
  clock: { now: () => 0 },
  credentials: async () => ({ clientId: 'c', clientSecret: new SecretValue('s') }),
})

it('names those that Port does not have, and asks for nothing else', async () => {
  const { base, paths } = await port('fairway_system', 200)
  expect(await missingBlueprints(options(base), ['fairway_system', 'fairway_workload'])).toEqual(['fairway_workload'])
  expect(paths.toSorted()).toEqual([
    'GET /v1/blueprints/fairway_system',
    'GET /v1/blueprints/fairway_workload',
    'POST /v1/auth/access_token',
  ])
})

it('credentials that Port does not take are a person’s to mend', async () => {
  const { base } = await port('fairway_system', 401)
  await expect(missingBlueprints(options(base), ['fairway_system'])).rejects.toMatchObject({
    name: 'Terminal',
    fix: expect.stringContaining('client id'),
  })
})
