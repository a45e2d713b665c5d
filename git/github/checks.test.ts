import { beforeEach, describe, expect, it } from 'vitest'
import type { CheckRun } from '../../domain/checks.ts'
import { RetryLater } from '../../domain/errors.ts'
import { githubAccess } from './access.ts'
import { outputOf } from './checkoutput.ts'
import { githubChecks } from './checks.ts'
import { appWorlds, failureOf, quotes, type AppWorld } from './fixture.ts'

const open = appWorlds()
let world: AppWorld
beforeEach(async () => {
  world = await open()
})
const run = (annotations: number): CheckRun => ({
  commit: 'a'.repeat(40),
  name: 'Fairway',
  conclusion: 'failure',
  title: 'problems',
  summary: 'problems',
  annotations: Array.from({ length: annotations }, (_, index) => ({
    path: 'fairway.yaml',
    line: index + 1,
    level: 'failure',
    message: `problem ${index}`,
  })),
})
const check = (annotations: number) => githubChecks(world.app).check(quotes, run(annotations))
const shown = () => world.github.checkRuns(7).at(-1)

describe('a check run', () => {
  it('whose answer was lost is found again, not made again', async () => {
    world.github.fault = ({ method, path }) =>
      method === 'POST' && path.endsWith('/check-runs') ? { fault: 'drop-answer' } : undefined
    expect(await failureOf(check(3))).toBeInstanceOf(RetryLater)
    world.github.fault = undefined
    expect(await check(3)).toBe('unchanged')
    expect(world.github.checkRuns(7)).toHaveLength(1)
  })

  it.each(['drop-request', 'drop-answer'] as const)(
    'that was left unfinished (%s) is superseded by a whole one: no annotation is missing or doubled',
    async (fault) => {
      for (const failing of [1, 2]) {
        let patches = 0
        world.github.fault = ({ method }) => (method === 'PATCH' && ++patches === failing ? { fault } : undefined)
        await check(120 + failing).catch(() => undefined)
        world.github.fault = undefined
        await check(120 + failing)
        expect(shown()?.annotations.map(({ message }) => message)).toEqual(
          run(120 + failing).annotations.map(({ message }) => message),
        )
        expect(await check(120 + failing)).toBe('unchanged')
      }
    },
  )

  it('is looked for among those of this App and this name, and is complete at once', async () => {
    await check(1)
    const [, list, made] = world.github.calls
    expect(list?.query).toEqual({
      check_name: 'Fairway',
      app_id: '4711',
      filter: 'latest',
      per_page: '30',
      page: '1',
    })
    expect(made?.body).toMatchObject({ status: 'completed', conclusion: 'failure', head_sha: 'a'.repeat(40) })
  })

  it('is the newest of several pages', async () => {
    await check(1)
    const known = world.github.calls[2]?.answer as { readonly id: number }
    const older = Array.from({ length: 30 }, (_, index) => ({ ...known, id: -index, external_id: 'older' }))
    world.github.fault = ({ query }) => {
      if (query['page'] === undefined) return undefined
      const check_runs = query['page'] === '1' ? older : [known]
      return { status: 200, body: { total_count: 31, check_runs } }
    }
    expect(await check(1)).toBe('unchanged')
  })
})

describe('what GitHub takes', () => {
  const [annotation] = outputOf({
    ...run(0),
    annotations: [
      {
        path: 'a.yaml',
        line: 0,
        column: 0,
        level: 'notice',
        title: 'é'.repeat(300),
        message: `\0${'x'.repeat(70_000)}\ud800`,
      },
    ],
  }).annotations

  it('is a line from 1, no column 0, a short title, and a message without what is no text', () => {
    expect(annotation).toMatchObject({ start_line: 1, end_line: 1 })
    expect(annotation).not.toHaveProperty('start_column')
    expect(Buffer.byteLength(annotation?.title ?? '')).toBeLessThanOrEqual(255)
    expect(Buffer.byteLength(annotation?.message ?? '')).toBeLessThanOrEqual(64_000)
    expect(annotation?.message).not.toContain('\0')
    expect(annotation?.message.isWellFormed()).toBe(true)
  })

  it('has a column only together with the one line that it is in', () => {
    const { annotations } = outputOf({
      ...run(0),
      annotations: [{ path: 'a.yaml', line: 4, column: 7, level: 'failure', message: 'x' }],
    })
    expect(annotations).toEqual([
      {
        path: 'a.yaml',
        start_line: 4,
        end_line: 4,
        start_column: 7,
        end_column: 7,
        annotation_level: 'failure',
        message: 'x',
      },
    ])
  })

  it('differs where anything in the run differs, also behind what is cut', () => {
    const long = { ...run(0), summary: 'x'.repeat(70_000) }
    expect(outputOf(long).id).not.toBe(outputOf({ ...long, summary: `${long.summary}y` }).id)
    expect(outputOf(run(501)).id).not.toBe(outputOf(run(502)).id)
  })
})

describe('what GitHub says of the App', () => {
  it('is its permissions and events, those of an installation, and what a repository is called', async () => {
    const access = githubAccess(world.app)
    expect(await access.app()).toMatchObject({ slug: 'fairway', permissions: { checks: 'write' } })
    expect(await access.installation(11)).toMatchObject({ suspended: false, events: ['push', 'pull_request'] })
    expect(await access.repository(quotes)).toBe('acme/quotes')
  })

  it('is nothing where it is not installed, and for a repository that it does not cover', async () => {
    const access = githubAccess(world.app)
    expect(await access.installation(12)).toBeUndefined()
    expect(await access.repository({ ...quotes, repositoryId: 9 })).toBeUndefined()
    expect(await access.repository({ installationId: 12, repositoryId: 7 })).toBeUndefined()
  })
})
