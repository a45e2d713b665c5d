import { beforeEach, describe, expect, it } from 'vitest'
import { checkWorld, source, workloadYaml as yaml, type CheckWorld } from './fixture.ts'
import { checkPullRequest } from './pull.ts'

const rich = [
  'environments: { dev: {}, prod: { scaling: { min: 3 } } }',
  'image: { track: "main-*" }',
  'aws: { statements: [{ actions: ["s3:GetObject"], resources: ["arn:aws:s3:::policy-admin-docs/*"] }] }',
  'nats: { publish: [quotes.created] }',
  'secrets: { stripe: { keys: [apiKey] }, session: { generate: { length: 48 } } }',
]
const file = '.fairway/quotes.yaml'

let world: CheckWorld
beforeEach(async () => {
  world = await checkWorld()
})

async function check(number = 7) {
  const checked = await checkPullRequest(world.ports, { source, number })
  const run = world.runs.at(-1)
  if (run === undefined) throw new Error(`no check run: ${JSON.stringify(checked)}`)
  return { checked, run }
}

describe('the plan of a pull request', () => {
  it('names what a new workload would get: repository, role, user, secrets that an owner fills, manifests', async () => {
    const commit = world.open(7, { [file]: yaml('quotes', rich) })
    const { checked, run } = await check()
    expect(checked).toEqual({ result: 'written', commit, conclusion: 'success', title: '1 to create' })
    expect(run).toMatchObject({
      commit,
      name: 'fairway plan',
      conclusion: 'success',
      title: '1 to create',
      annotations: [],
    })
    for (const line of [
      '- Workload `policy-admin/quotes`, `.fairway/quotes.yaml:1`',
      '  - ECR repository `policy-admin/quotes`: made',
      '  - ECR repository `policy-admin/quotes`: may be pulled from by the account of `prod`',
      '  - image: `main-*` (`dev`, `prod`)',
      '  - role: `s3:GetObject` on `arn:aws:s3:::policy-admin-docs/*` added (`dev`, `prod`)',
      '  - NATS user: made, with credentials for `720h` in Secrets Manager; the account is pushed once (`dev`, `prod`)',
      '  - NATS: publish `quotes.created` added (`dev`, `prod`)',
      '  - secret `stripe`: made empty, its owner fills `apiKey` in `fairway/test/dev/policy-admin/quotes/stripe` (`dev`)',
      '  - secret `session`: a value of 48 characters is made (`dev`, `prod`)',
      '  - manifests: `Deployment`, `PodDisruptionBudget` in `https://github.example/acme/cluster-dev.git` (`dev`)',
    ]) {
      expect(run.summary.split('\n')).toContain(line)
    }
    expect(run.summary).toMatch(/IAM role `test-dev-policy-admin-quotes-\w{8}`: made/)
  })

  it('says of a changed workload what differs, by capability, and of an unchanged one nothing', async () => {
    await world.push({ [file]: yaml('quotes', rich), '.fairway/same.yaml': yaml('same') })
    const changed = rich
      .map((line) => line.replace('main-*', 'release-*').replace('"s3:GetObject"', '"s3:GetObject", "s3:PutObject"'))
      .map((line) =>
        line.replace('[quotes.created]', '[quotes.created, quotes.lost]').replace('[apiKey]', '[apiKey, webhookKey]'),
      )
    world.open(7, { [file]: yaml('quotes', changed), '.fairway/same.yaml': yaml('same') })
    const { run } = await check()
    expect(run.title).toBe('1 to change')
    const lines = run.summary.split('\n').filter((line) => line.startsWith('  - '))
    expect(lines).toEqual([
      '  - image: `main-*` → `release-*` (`dev`, `prod`)',
      '  - role: `s3:PutObject` on `arn:aws:s3:::policy-admin-docs/*` added (`dev`, `prod`)',
      '  - NATS: publish `quotes.lost` added (`dev`, `prod`)',
      '  - NATS: the account is pushed once, credentials stay (`dev`, `prod`)',
      '  - secret `stripe`: its owner fills `webhookKey` too (`dev`, `prod`)',
    ])
    expect(run.summary).toContain('Unchanged: 1.')
    expect(run.summary).not.toContain('policy-admin/same')
  })

  it('says what leaves with a placement, and what is removed with a workload', async () => {
    await world.push({ [file]: yaml('quotes', rich), '.fairway/old.yaml': yaml('old', rich) })
    world.open(7, {
      [file]: yaml(
        'quotes',
        rich.map((line) => line.replace(', prod: { scaling: { min: 3 } }', '')),
      ),
    })
    const { run } = await check()
    expect(run.title).toBe('1 to remove, 1 to change')
    expect(run.summary).toMatch(
      /### To remove\n\n- Workload `policy-admin\/old`\n {2}- ECR repository `policy-admin\/old`: stays, with its images/,
    )
    expect(run.summary).toContain('  - NATS user: removed, and its credentials with it (`dev`, `prod`)')
    expect(run.summary).toContain('  - NATS user: removed, and its credentials with it (`prod`)')
    expect(run.summary).toContain('secret `stripe`: scheduled for deletion, it can be restored for 30 days (`prod`)')
    expect(run.summary).toContain('until this branch is updated')
  })

  it('P9: says that the brake would hold what it removes', async () => {
    await world.push({ a: yaml('one'), b: yaml('two'), c: yaml('three') })
    world.open(7, { c: yaml('three') })
    const { run } = await check()
    expect(run).toMatchObject({ conclusion: 'success', title: '2 to remove, held by the brake' })
    expect(run.summary).toContain('The brake holds these 2 removals')
    expect(run.summary).toContain('`fairway go policy-admin-services`')
  })

  it('P7: a problem is a failure with an annotation at its line, and what the file declared stays', async () => {
    await world.push({ [file]: yaml('quotes'), '.fairway/other.yaml': yaml('other') })
    world.open(7, {
      [file]: yaml('quotes').replace('type: worker', 'typ: worker'),
      '.fairway/other.yaml': yaml('other'),
    })
    const { run } = await check()
    expect(run).toMatchObject({ conclusion: 'failure', title: '1 problem' })
    expect(run.annotations).toEqual([
      {
        path: file,
        line: 5,
        column: 3,
        level: 'failure',
        title: 'Workload policy-admin/quotes',
        message: expect.stringContaining('type') as string,
      },
    ])
    expect(run.summary).toContain('Stays as it is while the file that declares it has problems: `policy-admin/quotes`.')
    expect(run.summary).not.toContain('To remove')
  })

  it('P8: another team’s system, and a workload of another origin, are refused as admission refuses them', async () => {
    await world.apply([{ path: 'taken.yaml', text: yaml('taken') }])
    world.open(7, { 'a.yaml': yaml('thief', [], 'claims'), 'b.yaml': yaml('taken', ['image: { track: "x" }']) })
    const { run } = await check()
    expect(run.conclusion).toBe('failure')
    expect(run.annotations.map(({ path, line, message }) => [path, line, message])).toEqual([
      ['a.yaml', 3, expect.stringContaining('may not declare workloads of System claims') as string],
      ['b.yaml', 1, expect.stringContaining('is declared by apply, taken.yaml: change it there') as string],
    ])
    const { read } = await world.push({ 'b.yaml': yaml('taken', ['image: { track: "x" }']) })
    expect(read.problems).toBe(1)
    const record = await world.store.get({ kind: 'Source', name: source })
    expect(record?.problems[0]?.message).toBe(run.annotations[1]?.message)
  })

  it('is neutral where nothing is declared', async () => {
    world.open(7, { 'README.md': '' })
    world.open(7, {})
    expect((await check()).run).toMatchObject({ conclusion: 'neutral', title: 'nothing is declared here' })
  })

  it('is the same, byte by byte, in whatever order files come', async () => {
    const files = {
      'a.yaml': yaml('one', rich),
      'b.yaml': yaml('two').replace('worker', 'wrker'),
      'c.yaml': yaml('three'),
    }
    world.open(7, files)
    const first = (await check()).run
    world.open(7, Object.fromEntries(Object.entries(files).toReversed()), { commit: first.commit })
    const again = await check()
    expect(again.checked.result).toBe('unchanged')
  })

  it('says what comes back, and that a removal under way is cancelled', async () => {
    await world.push({ [file]: yaml('quotes') })
    await world.store.retire({ kind: 'Workload', name: 'policy-admin/quotes' }, { who: 'ada', what: 'retire' })
    world.open(7, { [file]: yaml('quotes') })
    expect((await check()).run.title).toBe('1 to bring back')
  })
})

describe('a pull request', () => {
  it('changes nothing in the store', async () => {
    await world.push({ [file]: yaml('quotes'), b: yaml('two'), c: yaml('three') })
    const all = async () =>
      JSON.stringify(
        await Promise.all((['Source', 'System', 'Cluster', 'Workload'] as const).map((kind) => world.store.list(kind))),
      )
    const before = await all()
    world.open(7, { [file]: yaml('quotes', rich), d: yaml('four'), e: yaml('thief', [], 'claims') })
    await check()
    expect(await all()).toBe(before)
  })

  it('that is closed, gone or without a head is not read, and nothing is written', async () => {
    expect(await checkPullRequest(world.ports, { source, number: 9 })).toMatchObject({ result: 'nothing' })
    world.open(7, { [file]: yaml('quotes') })
    world.pulls.set(7, { number: 7, open: false, head: '1'.repeat(40), base: '0'.repeat(40) })
    expect(await checkPullRequest(world.ports, { source, number: 7 })).toMatchObject({ result: 'nothing' })
    expect(world.calls).toEqual(['pull 9', 'pull 7'])
    world.pulls.set(8, { number: 8, open: true, head: '1'.repeat(40), base: '0'.repeat(40) })
    expect(await checkPullRequest(world.ports, { source, number: 8 })).toMatchObject({ result: 'nothing' })
  })

  it('of a source that is not one of GitHub is nobody’s business', async () => {
    expect(await checkPullRequest(world.ports, { source: 'claims-services', number: 7 })).toMatchObject({
      result: 'nothing',
    })
    expect(await checkPullRequest(world.ports, { source: 'nobody', number: 7 })).toMatchObject({ result: 'nothing' })
    expect(world.calls).toEqual([])
  })

  it('is checked beside the commit that was read, in the repository that the Source names', async () => {
    const read = world.open(7, { [file]: yaml('quotes') })
    world.pulls.set(7, { number: 7, open: true, head: 'f'.repeat(40), base: '0'.repeat(40) })
    expect((await check()).run).toMatchObject({
      commit: read,
      repository: { installationId: 51_423_877, repositoryId: 734_519_206 },
    })
  })
})

describe('the summary', () => {
  it('holds no Markdown, HTML or mention of anybody’s making, in a path, a message or a value', async () => {
    const evil = 'x`</code><img src=x>@acme/everybody **b** [l](http://e) \u202e``'
    const variable = (value: string) =>
      yaml('loud').replace('image: .', `image: ., variables: { TEXT: ${JSON.stringify(`${value}\n\n# heading`)} }`)
    await world.push({ 'c.yaml': variable('quiet') })
    const heading = `kind: "${evil}\\n\\n# heading @acme/everybody"`
    world.open(7, {
      [`${evil}.yaml`]: `${heading}\n${yaml('a')}`,
      'b.yaml': yaml('a').replace('type: worker', `"t${evil.replace('\u202e', '')}": worker`),
      'c.yaml': variable(evil),
    })
    const { run } = await check()
    expect(run.title).toMatch(/problems, 1 to change$/)
    expect(run.summary.match(/everybody/g)?.length).toBeGreaterThanOrEqual(4)
    const outside = withoutCode(run.summary)
    for (const part of ['@', '<', '[', '**', '# h', 'http', '\u202e']) expect(outside, part).not.toContain(part)
    for (const { message } of run.annotations) expect(message).not.toMatch(/[\n\u202e]/)
  })

  it('has at most 60,000 bytes, and says how much it leaves out', async () => {
    const names = Array.from({ length: 400 }, (_, index) => `workload-number-${index}`)
    world.open(7, Object.fromEntries(names.map((name) => [`.fairway/${name}.yaml`, yaml(name, rich)])))
    const { run } = await check()
    expect(Buffer.byteLength(run.summary)).toBeLessThanOrEqual(60_000)
    const shown = run.summary.match(/^- Workload/gm)?.length ?? 0
    expect(run.summary).toContain(`There is no room here for ${400 - shown} more resources`)
    expect(run.title).toBe('400 to create')
  })
})

/** As CommonMark pairs runs of backticks: the code spans are taken out. */
function withoutCode(markdown: string): string {
  return markdown
    .split('\n')
    .map((line) => line.replace(/(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)/g, ''))
    .join('\n')
}
