import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CheckAnnotation, CheckRun, Checks, HostedRepository, PullRequest } from '../../domain/checks.ts'
import { RetryLater, Terminal } from '../../domain/errors.ts'

/** A check run as a person sees it on the host. */
export interface ShownRun extends Omit<CheckRun, 'annotations'> {
  readonly annotations: readonly CheckAnnotation[]
}

/** A host with one App. */
export interface ChecksWorld {
  readonly checks: Checks
  add(repository: HostedRepository): Promise<void>
  setPullRequest(repository: HostedRepository, pull: PullRequest): Promise<void>
  /** What is shown beside a commit: the newest run of each name. */
  shown(repository: HostedRepository, commit: string): readonly ShownRun[]
  /** Writing requests, and nothing else, since the last time. */
  writes(): number
  /** The next calls end in an outage. */
  outages: number
  close(): Promise<void>
}

const repository = { installationId: 11, repositoryId: 7 }
const commit = 'a'.repeat(40)
const run: CheckRun = {
  commit,
  name: 'Fairway',
  conclusion: 'failure',
  title: '1 problem',
  summary: '`fairway.yaml` has 1 problem.',
  annotations: [
    { path: 'fairway.yaml', line: 3, column: 5, level: 'failure', title: 'Unknown key', message: 'write `image`' },
    { path: '.fairway/b.yaml', line: 1, level: 'warning', message: 'old' },
  ],
}
const many = (count: number): CheckRun => ({
  ...run,
  annotations: Array.from({ length: count }, (_, index) => ({
    path: 'fairway.yaml',
    line: index + 1,
    level: 'failure' as const,
    message: `problem ${index}`,
  })),
})

export function checksContract(name: string, open: () => Promise<ChecksWorld>): void {
  describe(`checks, ${name}`, () => {
    let world: ChecksWorld
    beforeEach(async () => {
      world = await open()
      await world.add(repository)
    })
    afterEach(() => world.close())
    const shown = () => world.shown(repository, commit)

    it('a check run says what it was given, on each line', async () => {
      expect(await world.checks.check(repository, run)).toBe('written')
      expect(shown()).toEqual([run])
    })

    it('P1: the same check run again is no write', async () => {
      await world.checks.check(repository, run)
      expect(world.writes()).toBeGreaterThan(0)
      expect(await world.checks.check(repository, structuredClone(run))).toBe('unchanged')
      expect(world.writes()).toBe(0)
    })

    it.each<Partial<CheckRun>>([
      { conclusion: 'success' },
      { title: 'other' },
      { summary: 'other' },
      { annotations: [] },
      { annotations: run.annotations.slice(1) },
    ])('what says something else takes its place, with its own annotations only: %j', async (change) => {
      await world.checks.check(repository, run)
      expect(await world.checks.check(repository, { ...run, ...change })).toBe('written')
      expect(shown()).toEqual([{ ...run, ...change }])
    })

    it('what was said before is said again when it is right again', async () => {
      await world.checks.check(repository, run)
      await world.checks.check(repository, { ...run, conclusion: 'success', annotations: [] })
      expect(await world.checks.check(repository, run)).toBe('written')
      expect(shown()).toEqual([run])
    })

    it('another name, and another commit, have a check run of their own', async () => {
      await world.checks.check(repository, run)
      await world.checks.check(repository, { ...run, name: 'Fairway plan' })
      await world.checks.check(repository, { ...run, commit: 'b'.repeat(40) })
      expect(shown().map((one) => one.name)).toEqual(['Fairway', 'Fairway plan'])
      expect(world.shown(repository, 'b'.repeat(40))).toHaveLength(1)
    })

    it.each([50, 51, 100, 137])('%i annotations arrive, each once and in order', async (count) => {
      expect(await world.checks.check(repository, many(count))).toBe('written')
      expect(shown()).toEqual([many(count)])
      expect(await world.checks.check(repository, many(count))).toBe('unchanged')
    })

    it('no more than 500 annotations are shown, and the summary says how many are not', async () => {
      await world.checks.check(repository, many(503))
      expect(shown()[0]?.annotations).toEqual(many(500).annotations)
      expect(shown()[0]?.summary).toContain('3 more annotations are not shown')
      expect(await world.checks.check(repository, many(504))).toBe('written')
    })

    it('a summary that is too long is cut at a character, and still compared whole', async () => {
      const long = { ...run, summary: 'é'.repeat(70_000) }
      await world.checks.check(repository, long)
      const summary = shown()[0]?.summary ?? ''
      expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(65_535)
      expect(Buffer.byteLength(summary)).toBeGreaterThan(65_500)
      expect(summary).toMatch(/^é+\n…$/)
      expect(await world.checks.check(repository, long)).toBe('unchanged')
      expect(await world.checks.check(repository, { ...long, summary: `${long.summary}.` })).toBe('written')
    })

    it('a pull request is what the host says of it now, and undefined when there is none', async () => {
      const pull = { number: 3, open: true, head: commit, base: 'b'.repeat(40) }
      await world.setPullRequest(repository, pull)
      expect(await world.checks.pullRequest(repository, 3)).toEqual(pull)
      await world.setPullRequest(repository, { ...pull, open: false, head: 'c'.repeat(40) })
      expect(await world.checks.pullRequest(repository, 3)).toEqual({ ...pull, open: false, head: 'c'.repeat(40) })
      expect(await world.checks.pullRequest(repository, 4)).toBeUndefined()
    })

    it('an outage is RetryLater, and afterwards nothing is doubled', async () => {
      world.outages = 1
      await expect(world.checks.check(repository, run)).rejects.toBeInstanceOf(RetryLater)
      world.outages = 1
      await expect(world.checks.pullRequest(repository, 3)).rejects.toBeInstanceOf(RetryLater)
      expect(await world.checks.check(repository, run)).toBe('written')
      expect(shown()).toEqual([run])
    })

    it('a repository that the App has no access to is Terminal, and says so', async () => {
      const other = { installationId: 11, repositoryId: 8 }
      for (const call of [world.checks.check(other, run), world.checks.pullRequest(other, 3)]) {
        const error: unknown = await call.catch((thrown: unknown) => thrown)
        expect(error).toBeInstanceOf(Terminal)
        expect((error as Terminal).fix).toContain('access to the repository')
      }
    })
  })
}
