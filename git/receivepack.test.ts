import { expect, it } from 'vitest'
import { RetryLater } from '../domain/errors.ts'
import { flushPacket, packet } from './packetline.ts'
import { push } from './receivepack.ts'

const request = {
  url: 'https://git.example.com/cluster.git',
  ref: 'refs/heads/main',
  old: '1'.repeat(40),
  new: '2'.repeat(40),
  pack: Buffer.from('PACK'),
}

/** In chunks of one byte: a packet may arrive in any pieces. */
function answering(...lines: readonly string[]) {
  let body: Uint8Array | undefined
  const remote = {
    async call(call: { readonly body?: Uint8Array }) {
      body = call.body
      const answer = Buffer.concat([...lines.map((line) => packet(line)), flushPacket])
      return (async function* () {
        for (const byte of answer) yield Uint8Array.of(byte)
      })()
    },
  }
  return { remote, body: () => Buffer.from(body ?? []).toString('latin1') }
}

it('the push names what it expects the branch to be, and is one command with its pack', async () => {
  const { remote, body } = answering('unpack ok\n', 'ok refs/heads/main\n')
  expect(await push(remote, request)).toEqual({ outcome: 'applied' })
  const command = `${request.old} ${request.new} refs/heads/main\0report-status agent=fairway\n`
  expect(body()).toBe(`${(command.length + 4).toString(16).padStart(4, '0')}${command}0000PACK`)
})

it.each([
  'pre-receive hook declined',
  'hook declined',
  'protected branch hook declined',
  'push declined due to repository rule violations',
  'branch is currently checked out',
  'You are not allowed to push code to protected branches on this project.',
  'deletion prohibited',
])('a rule of the host is declined for good: %s', async (reason) => {
  const { remote } = answering('unpack ok\n', `ng refs/heads/main ${reason}\n`)
  expect(await push(remote, request)).toEqual({ outcome: 'declined', reason })
})

it.each([
  'failed to update ref',
  'non-fast-forward',
  'fetch first',
  "cannot lock ref 'refs/heads/main': is at 1 but expected 2",
  'incorrect old value provided',
  'something nobody has seen before',
])('a branch that moved, and what is not understood, is looked at again: %s', async (reason) => {
  const { remote } = answering('unpack ok\n', `ng refs/heads/main ${reason}\n`)
  expect(await push(remote, request)).toEqual({ outcome: 'rejected', reason })
})

it('a pack that the server cannot unpack is looked at again, whatever it says about the branch', async () => {
  const { remote } = answering('unpack index-pack abnormal exit\n', 'ng refs/heads/main unpacker error hook declined\n')
  expect(await push(remote, request)).toMatchObject({ outcome: 'rejected' })
})

it('a reason is one printable line of bounded length', async () => {
  const { remote } = answering('unpack ok\n', `ng refs/heads/main hook declined \u001b[31m\r\u0007${'x'.repeat(500)}\n`)
  const answer = await push(remote, request)
  expect(answer).toMatchObject({ outcome: 'declined', reason: expect.stringMatching(/^[ -~]{1,200}$/) })
})

it.each([
  [[]],
  [['unpack ok\n']],
  [['unpack ok\n', 'ok refs/heads/other\n']],
  [['unpack ok\n', 'ng refs/heads/main2 hook declined\n']],
])('a report that does not say what became of the branch is not taken for success: %j', async (lines) => {
  const { remote } = answering(...lines)
  await expect(push(remote, request)).rejects.toBeInstanceOf(RetryLater)
})
