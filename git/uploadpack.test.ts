import { expect, it } from 'vitest'
import { RetryLater, Terminal } from '../domain/errors.ts'
import { defaultPackLimits } from './packindex.ts'
import { flushPacket, packet } from './packetline.ts'
import { fetchHead, fetchSince } from './uploadpack.ts'

const want = '1'.repeat(40)
const known = { commit: '2'.repeat(40), shallow: ['3'.repeat(40)] }
/** A pack without objects. */
const pack = Buffer.from('5041434b0000000200000000029d08823bd8a8eab510ad6ac75c823cfd3ed31e', 'hex')
const band = (number: number, content: Buffer) => {
  const length = (content.length + 5).toString(16).padStart(4, '0')
  return Buffer.concat([Buffer.from(length), Buffer.from([number]), content])
}

function request(...capabilities: readonly string[]) {
  return {
    url: 'https://git.example.com/x.git',
    capabilities: new Set(['side-band-64k', ...capabilities]),
    want,
    filter: 'blob:none',
    limits: { ...defaultPackLimits, packBytes: 1000 },
  }
}

function answering(...chunks: readonly (Buffer | (() => Buffer))[]) {
  const bodies: string[] = []
  const remote = {
    async call({ body }: { readonly body?: Uint8Array }) {
      bodies.push(Buffer.from(body ?? []).toString())
      return (async function* () {
        for (const chunk of chunks) yield typeof chunk === 'function' ? chunk() : chunk
      })()
    },
  }
  return { remote, bodies }
}

it('the head is asked for without history, without tags and in one request that is complete', async () => {
  const { remote, bodies } = answering(
    packet(`shallow ${want}\n`),
    flushPacket,
    packet('NAK\n'),
    band(2, Buffer.from('Counting objects')),
    band(1, pack.subarray(0, 9)),
    band(1, pack.subarray(9)),
    flushPacket,
  )
  const head = await fetchHead(remote, request('shallow', 'filter', 'ofs-delta', 'multi_ack_detailed', 'thin-pack'))
  expect(head).toMatchObject({ pack, shallow: [want], filtered: true })
  expect(bodies).toEqual([
    [
      packet(`want ${want} multi_ack_detailed side-band-64k ofs-delta filter agent=fairway\n`),
      packet('deepen 1\n'),
      packet('filter blob:none\n'),
      flushPacket,
      packet('done\n'),
    ].join(''),
  ])
})

it('what is new is asked for with what is here, and with every answer of multi_ack understood', async () => {
  const { remote, bodies } = answering(
    packet(`ACK ${known.commit} common\n`),
    packet(`ACK ${known.commit} ready\n`),
    packet('NAK\n'),
    packet(`ACK ${known.commit}\n`),
    band(1, pack),
    flushPacket,
  )
  expect(await fetchSince(remote, request('shallow'), known)).toMatchObject({ pack })
  expect(bodies).toEqual([
    [
      packet(`want ${want} side-band-64k agent=fairway\n`),
      packet(`shallow ${known.shallow[0]}\n`),
      flushPacket,
      packet(`have ${known.commit}\n`),
      packet('done\n'),
    ].join(''),
  ])
})

it('when the server does not know what is here, nothing of the whole history is received', async () => {
  const { remote } = answering(packet('NAK\n'), () => expect.unreachable('the history was received'))
  expect(await fetchSince(remote, request(), known)).toBeUndefined()
})

it.each([
  ['is cut off in its pack', [packet('NAK\n'), band(1, pack.subarray(0, 20)), flushPacket]],
  ['is damaged', [packet('NAK\n'), band(1, Buffer.concat([pack.subarray(0, 31), Buffer.from([0])])), flushPacket]],
  ['has no pack', [packet('NAK\n'), flushPacket]],
  ['ends in an error', [packet('NAK\n'), band(1, pack), band(3, Buffer.from('secret text of the server'))]],
  ['is an error', [packet('ERR upload-pack: not our ref secret text of the server')]],
])('an answer that %s is RetryLater, and repeats nothing of the server', async (_, chunks) => {
  const error: unknown = await fetchHead(answering(...chunks).remote, request()).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(RetryLater)
  expect((error as RetryLater).message).not.toContain('secret')
})

it('a filter that is refused is left out the second time, and only then', async () => {
  const refusing = answering(packet('ERR filter not supported'))
  await expect(fetchHead(refusing.remote, request('filter'))).rejects.toBeInstanceOf(RetryLater)
  expect(refusing.bodies.map((body) => body.includes('filter blob:none'))).toEqual([true, false])
  const failing = answering(packet('ERR something else'))
  await expect(fetchHead(failing.remote, request())).rejects.toBeInstanceOf(RetryLater)
  expect(failing.bodies).toHaveLength(1)
})

it('a server without side-band-64k is Terminal before anything is asked', async () => {
  const { remote, bodies } = answering()
  const attempt = fetchHead(remote, { ...request(), capabilities: new Set(['shallow']) })
  await expect(attempt).rejects.toBeInstanceOf(Terminal)
  expect(bodies).toEqual([])
})
