import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { branch, commits, startWorld, workload } from '../support/controlplane.ts'

/** A process that ends by SIGKILL while a change is on its way to the branch, and the next one on its directory. */

const program = fileURLToPath(new URL('../support/killed.ts', import.meta.url))

it.each([
  ['before it is handed over', 'CommitFunction commit'],
  ['while it waits for the writer', 'CommitFunction hand-over'],
  ['when it is committed and not yet on record', 'WriteFunction'],
])(
  'P4: a change survives the death of everything %s: one commit, and its resource goes on',
  async (_when, at) => {
    const directory = await mkdtemp(join(tmpdir(), 'fairway-killed-'))
    try {
      const child = spawn(process.execPath, [program, directory, at], { stdio: 'inherit' })
      onTestFinished(() => void child.kill('SIGKILL'))
      const signal = await new Promise((resolve) => child.once('exit', (_code, with_) => resolve(with_)))
      expect(signal).toBe('SIGKILL')
      const world = await startWorld(directory)
      try {
        await world.controlPlane.settle()
        // What was held is due again at once; the sweep looks every second.
        await expect
          .poll(() => workload(world, 'claims/one').then(({ status }) => status.phase), { timeout: 30_000 })
          .toBe('AwaitingImage')
        expect([...(await branch(world, 'cluster-dev')).keys()]).toContain('applications/claims/workloads/one.yaml')
        expect((await commits(world, 'cluster-dev')).filter((text) => text.includes('claims/one'))).toHaveLength(1)
        expect((await workload(world, 'claims/one')).lease).toBeUndefined()
      } finally {
        await world.stop()
      }
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  },
  120_000,
)
