import { describe, expect, it } from 'vitest'
import { ceilings } from '../capabilities/ceilings.ts'
import { forEnvironment, placedSpec, workload } from '../capabilities/schema.ts'
import { limits, repositoryName, roleName, secretName, versionedSecretName } from '../domain/names.ts'
import { cluster, source, system } from '../domain/resources.ts'
import { formatProblem } from '../manifests/problems.ts'
import { validate, type Platform, type ValidateOptions } from './validate.ts'

const schemas = { System: system, Cluster: cluster, Source: source, Workload: workload }
const placed = { schema: placedSpec, forEnvironment }

function check(text: string, options: ValidateOptions = {}) {
  return validate([{ path: 'fairway.yaml', text }], schemas, { placed, ceilings, ...options })
}
function problems(text: string, options: ValidateOptions = {}): string[] {
  return check(text, options).problems.map((problem) => formatProblem(problem).replace('fairway.yaml:', ''))
}

const quotes = `apiVersion: fairway.dev/v1alpha1
kind: Workload
metadata: { name: quotes, system: policy-admin }
spec:
  type: service
  containers:
    main:
      image: .
      variables: { LOG_LEVEL: info }
  image: { track: "main-*" }
  service: { ports: { http: { port: 80, targetPort: 8080 } } }
  scaling: { min: 2, max: 6 }
  environments:
    dev: {}
    prod: { scaling: { min: 3 } }
  aws: { statements: [ { actions: [s3:GetObject], resources: ["arn:aws:s3:::quotes-docs/*"] } ] }
  nats: { publish: [quotes.created], subscribe: ["policies.>"], expiresAfter: 720h }
  secrets:
    stripe: { keys: [apiKey] }
    session: { generate: { length: 48 } }
`
/** The Workload above, or another manifest, with one text replaced by another. */
function changed(from: string, to: string, text = quotes): string {
  expect(text).toContain(from)
  return text.replace(from, to)
}

const policyAdmin = `apiVersion: fairway.dev/v1alpha1
kind: System
metadata: { name: policy-admin }
spec:
  team: policies
  costCentre: "4711"
  sources: [team-policies]
  environments: [dev, prod]
  aws: { allow: [ { actions: ["s3:Get*"], resources: ["arn:aws:s3:::quotes-docs/*"] } ] }
  nats: { prefixes: [quotes, policies], maxExpiry: 720h }
`
const clusterOf = (name: string, environment = name, path = `clusters/${name}`) => `apiVersion: fairway.dev/v1alpha1
kind: Cluster
metadata: { name: ${name} }
spec:
  environment: ${environment}
  aws: { account: "111122223333", region: eu-west-1, cluster: ${name} }
  repository: { url: https://git.example.com/clusters.git, path: ${path} }
`
const platform: Platform = (() => {
  const { resources } = check([policyAdmin, clusterOf('dev'), clusterOf('prod')].join('---\n'))
  const of = (wanted: string) =>
    resources.filter(({ kind }) => kind === wanted).map(({ name, spec }) => ({ name, spec })) as never
  return { systems: of('System'), clusters: of('Cluster') }
})()
const team = { name: 'team-policies', platform: false }

describe('a good manifest', () => {
  it('is a resource with defaults filled in, and knows where its parts stand', () => {
    const { resources, problems: none } = check(`# quotes\n${quotes}`, { platform, source: team })
    expect(none).toEqual([])
    const [resource] = resources
    expect(resource).toMatchObject({
      kind: 'Workload',
      name: 'policy-admin/quotes',
      file: 'fairway.yaml',
      line: 2,
      column: 1,
    })
    expect(resource?.spec).toMatchObject({ scaling: { min: 2, max: 6, cpu: 70 } })
    expect(resource?.locate(['spec', 'scaling', 'max'])).toEqual({ line: 13, column: 27 })
  })

  it('may stand in any number of documents and files', () => {
    const files = [
      { path: '.fairway/a.yaml', text: `${quotes}---\n${changed('name: quotes', 'name: claims')}` },
      { path: '.fairway/b.yaml', text: changed('name: quotes', 'name: letters') },
    ]
    const { resources, problems: none } = validate(files, schemas, { placed, ceilings, platform, source: team })
    expect(none).toEqual([])
    expect(resources.map(({ name, file, line }) => [name, file, line])).toEqual([
      ['policy-admin/quotes', '.fairway/a.yaml', 1],
      ['policy-admin/claims', '.fairway/a.yaml', 22],
      ['policy-admin/letters', '.fairway/b.yaml', 1],
    ])
  })

  it('of the platform team is a resource as well', () => {
    expect(platform.systems.map(({ name }) => name)).toEqual(['policy-admin'])
    expect(platform.clusters.map(({ name }) => name)).toEqual(['dev', 'prod'])
  })

  it('needs no platform to be checked by itself', () => {
    expect(problems(quotes)).toEqual([])
  })
})

describe('what no resource is', () => {
  it.each([
    [
      'another kind of object',
      'apiVersion: v1\nkind: ConfigMap\n',
      '2:7: `kind` must be one of `System`, `Cluster`, `Source` or `Workload`',
    ],
    ['no kind', 'apiVersion: v1\n', '1:1: `kind` is missing; it is one of `System`, `Cluster`, `Source` or `Workload`'],
    ['a list', '- a\n', '1:1: a document must be a map with `apiVersion`, `kind`, `metadata` and `spec`'],
    ['text', 'hello\n', '1:1: a document must be a map with `apiVersion`, `kind`, `metadata` and `spec`'],
    ['another version', changed('v1alpha1', 'v1'), '1:13: `apiVersion` must be `fairway.dev/v1alpha1`'],
  ])('%s is refused', (_, text, problem) => {
    expect(problems(text)).toEqual([problem])
    expect(check(text).resources).toEqual([])
  })

  it('a misspelt kind is checked as the kind that was meant', () => {
    expect(problems(changed('kind: Workload', 'kind: Worklod').replace('type: service', 'type: servce'))).toEqual([
      '2:7: `kind` must be one of `System`, `Cluster`, `Source` or `Workload`; did you mean `Workload`?',
      '5:9: `spec.type` must be one of `service`, `worker` or `cronjob`; did you mean `service`?',
    ])
  })
})

describe('all problems of a file are reported', () => {
  it('those of YAML, of the schema, between members, of the overrides and of the ceilings', () => {
    const text = changed('max: 6', 'max: 2')
      .replace('variables: { LOG_LEVEL: info }', 'variabels: { LOG_LEVEL: info }')
      .replace('track: "main-*"', 'track: &anchor "main-*"')
      .replace('[s3:GetObject]', '["s3:*", iam:PassRole, s3:PutObject, nonsense]')
      .replace('quotes.created', 'letters.created')
      .replace('subscribe: ["policies.>"]', 'subscribe: []')
      .replace('keys: [apiKey]', 'kees: [apiKey]')
      .replace('session:', 'stripe:')
      .replace('    dev: {}\n', '    dev: {}\n    test: {}\n')
      .replace('spec:\n', 'spec:\n  __proto__: {}\n')
    expect(problems(text, { platform, source: team })).toEqual([
      '5:3: the key `__proto__` is not accepted anywhere',
      '10:7: unknown key `variabels`; did you mean `variables`?',
      '11:19: YAML anchors (&) are not accepted; write the value out where it is used',
      '16:5: the System policy-admin has no environment `test`; did you mean `dev`?'.replace(
        '; did you mean `dev`?',
        '; it has dev, prod',
      ),
      '17:13: in environment prod: `spec.scaling.max`: max (2) is below min (3)',
      '18:36: `spec.aws.statements[0].actions[0]`: the action "s3:*" has a wildcard; name each action, for example s3:GetObject',
      '18:44: `spec.aws.statements[0].actions[1]`: actions of iam are never granted to a workload',
      '18:58: "s3:PutObject" is above the ceiling of System policy-admin: of s3 it allows s3:Get*',
      '18:72: `spec.aws.statements[0].actions[3]` must be service:Action, for example s3:GetObject',
      '19:21: "letters.created" is outside what the System policy-admin allows; it must lie under "quotes" or "policies"',
      '19:50: `spec.nats.subscribe` must name at least one subject, or be left out',
      '21:15: unknown key `kees`; did you mean `keys`?',
      '22:5: the key `stripe` stands here a second time; keep one of them',
    ])
  })

  it('what reading refuses is not refused a second time by the schema', () => {
    expect(problems(changed('track: "main-*"', 'track: *main'))).toEqual([
      expect.stringMatching(/^10:19: YAML aliases/) as string,
    ])
    expect(problems(changed('LOG_LEVEL: info', '1: info'))).toEqual([
      expect.stringMatching(/^9:20: the key `1` is not text/) as string,
    ])
  })

  it('a problem names its resource, and that resource is not among the good ones', () => {
    const text = `${changed('type: service', 'type: servce')}---\n${changed('name: quotes', 'name: claims')}`
    const { resources, problems: found } = check(text)
    expect(found.map(({ resource }) => resource)).toEqual(['Workload policy-admin/quotes'])
    expect(resources.map(({ name }) => name)).toEqual(['policy-admin/claims'])
  })

  it('a document with something refused is no resource, even if the rest is good', () => {
    expect(check(changed('{ LOG_LEVEL: info }', '&x { LOG_LEVEL: info }')).resources).toEqual([])
  })
})

describe('whatever is missing or wrong', () => {
  const values = ['x', '42', '""', '[]', '{}', '~', '[1]', '{ a: 1 }', '"UPPER CASE"']
  const all = [policyAdmin, clusterOf('dev'), quotes].join('---\n')

  it('is answered with problems, never with an exception', () => {
    const lines = all.split('\n')
    for (const [index, line] of lines.entries()) {
      const [key] = line.split(':')
      const others = lines.toSpliced(index, 1)
      expect(problems(others.join('\n'), { platform, source: team })).toBeInstanceOf(Array)
      if (key === undefined || key === line) continue
      for (const value of values) {
        const text = lines.with(index, `${key}: ${value}`).join('\n')
        expect(check(text, { platform, source: { name: 'platform', platform: true } }).problems).not.toEqual([])
      }
    }
  })
})

describe('the same resource declared twice', () => {
  it('is refused at the second place, across files, and neither counts', () => {
    const files = [
      { path: 'a.yaml', text: quotes },
      { path: 'b.yaml', text: `\n${quotes}` },
    ]
    const { resources, problems: found } = validate(files, schemas, { placed })
    expect(found.map(formatProblem)).toEqual([
      'b.yaml:4:19: Workload policy-admin/quotes is declared a second time; first at a.yaml:3:19',
    ])
    expect(resources).toEqual([])
  })

  it('is not the same name in another system, or of another kind', () => {
    const other = changed('system: policy-admin', 'system: claims')
    expect(problems(`${quotes}---\n${other}---\n${policyAdmin.replace('name: policy-admin', 'name: quotes')}`)).toEqual(
      [],
    )
  })
})

describe('what an environment makes of a workload is checked too', () => {
  it('a problem that the override makes is reported in the override', () => {
    expect(problems(changed('{ scaling: { min: 3 } }', '{ scaling: { min: 9 } }'))).toEqual([
      '15:13: in environment prod: `spec.scaling.max`: max (6) is below min (9)',
    ])
    expect(problems(changed('{ scaling: { min: 3 } }', '{ scaling: { max: 1 } }'))).toEqual([
      '15:29: in environment prod: `spec.scaling.max`: max (1) is below min (2)',
    ])
  })

  it('a problem of the base is reported once, at the base, whatever the number of environments', () => {
    expect(problems(changed('max: 6', 'max: 1').replace('{ scaling: { min: 3 } }', '{}'))).toEqual([
      '12:27: `spec.scaling.max`: max (1) is below min (2)',
    ])
  })

  it('a problem of the base that every override mends is none', () => {
    const text = changed('max: 6', 'max: 1')
      .replace('dev: {}', 'dev: { scaling: { max: 2 } }')
      .replace('min: 3', 'max: 2')
    expect(problems(text)).toEqual([])
  })

  it('a container that only an environment adds has to be whole', () => {
    expect(problems(changed('dev: {}', 'dev: { containers: { side: { args: [x] } } }'))).toEqual([
      '14:26: in environment dev: `spec.containers.side.image` is missing',
    ])
  })

  it('an override lies under the ceiling as well', () => {
    expect(problems(changed('dev: {}', 'dev: { nats: { publish: [quotes.a, letters.b] } }'), { platform })).toEqual([
      '14:40: in environment dev: "letters.b" is outside what the System policy-admin allows; it must lie under "quotes" or "policies"',
    ])
  })

  it('what only an override brings has its defaults before a ceiling sees it', () => {
    const text = changed('  nats: { publish: [quotes.created], subscribe: ["policies.>"], expiresAfter: 720h }\n', '')
    expect(problems(changed('dev: {}', 'dev: { nats: { publish: [quotes.a] } }', text), { platform })).toEqual([])
  })

  it('a renewal that begins before a credential lives, where it is written, also when only an override makes it so', () => {
    const late = changed('expiresAfter: 720h }', 'expiresAfter: 720h, renewBefore: 720h }')
    expect(problems(late)).toEqual([
      expect.stringMatching(/^17:98: `spec.nats.renewBefore`.*720h is not shorter than `expiresAfter` \(720h\)/),
    ])
    const sound = changed('expiresAfter: 720h }', 'expiresAfter: 720h, renewBefore: 168h }')
    expect(problems(sound)).toEqual([])
    expect(problems(changed('dev: {}', 'dev: { nats: { expiresAfter: 24h } }', sound))).toEqual([
      expect.stringMatching(
        /^14:12: in environment dev: `spec.nats.renewBefore`: 168h is not shorter than `expiresAfter` \(24h\)/,
      ),
    ])
    expect(problems(changed('dev: {}', 'dev: { nats: { expiresAfter: 24h, renewBefore: 8h } }', sound))).toEqual([])
  })

  it('the kinds of members that a type does not go with', () => {
    expect(problems(changed('type: service', 'type: cronjob'))).toEqual([
      '4:1: `spec.schedule`: a cronjob needs `schedule`',
      '11:3: `spec.service`: `service` is for type service, this is a cronjob',
    ])
  })

  it('more environments than can be looked into are refused, not left unchecked', () => {
    const many = Array.from({ length: 51 }, (_, index) => `e${index}: {}`).join(', ')
    const text = changed(
      '  environments:\n    dev: {}\n    prod: { scaling: { min: 3 } }\n',
      `  environments: { ${many} }\n`,
    )
    expect(problems(text)).toEqual(['13:3: `spec.environments` must have at most 50 entries, and has 51'])
  })
})

describe('who may declare what, where (P8)', () => {
  it('a system that does not list the source', () => {
    expect(problems(quotes, { platform, source: { name: 'other', platform: false } })).toEqual([
      '3:35: the source other may not declare workloads of System policy-admin; ask its owners to add it to `spec.sources`',
    ])
  })

  it('learns nothing of the ceilings of a system that is not open to it', () => {
    const text = changed('quotes.created', 'letters.created')
    expect(problems(text, { platform, source: { name: 'other', platform: false } })).toHaveLength(1)
  })

  it('a platform repository declares workloads only where it is listed, too', () => {
    expect(problems(quotes, { platform, source: { name: 'platform', platform: true } })).toHaveLength(1)
  })

  it.each([
    ['System', policyAdmin],
    ['Cluster', clusterOf('dev')],
    ['Source', 'apiVersion: fairway.dev/v1alpha1\nkind: Source\nmetadata: { name: a }\nspec: { type: port }\n'],
  ])('a %s is the platform team’s', (kind, text) => {
    const [problem] = problems(text, { platform, source: team })
    expect(problem).toMatch(new RegExp(`^2:7: a ${kind} is declared in the platform repository`))
    expect(problems(text, { platform, source: { name: 'platform', platform: true } })).toEqual([])
    expect(problems(text, { platform })).toEqual([])
  })

  it('a source cannot give itself a system by declaring one', () => {
    const own = policyAdmin.replace('sources: [team-policies]', 'sources: [other]')
    const found = problems(`${own}---\n${quotes}`, { platform, source: { name: 'other', platform: false } })
    expect(found).toHaveLength(2)
    expect(found[1]).toContain('may not declare workloads')
  })
})

describe('what has to be there', () => {
  it.each([
    [
      'a system that does not exist',
      'policy-admn',
      '3:35: there is no System `policy-admn`; did you mean `policy-admin`?',
    ],
    ['a system that is like none', 'elsewhere', '3:35: there is no System `elsewhere`; its platform team declares it'],
  ])('%s', (_, name, problem) => {
    expect(problems(changed('system: policy-admin', `system: ${name}`), { platform })).toEqual([problem])
  })

  it('an environment that the system does not have', () => {
    expect(problems(changed('    prod:', '    prd:'), { platform })).toEqual([
      '15:5: the System policy-admin has no environment `prd`; did you mean `prod`?',
    ])
  })

  it('an environment without a cluster', () => {
    expect(problems(quotes, { platform: { ...platform, clusters: platform.clusters.slice(0, 1) } })).toEqual([
      '15:5: no Cluster has the environment `prod` yet; its platform team declares it',
    ])
  })

  it('may be declared together with the workload', () => {
    const all = [quotes, policyAdmin, clusterOf('dev'), clusterOf('prod')].join('---\n')
    expect(problems(all, { platform: { systems: [], clusters: [] } })).toEqual([])
  })

  it('is not there when what these files declare of it is refused', () => {
    const twice = [quotes, policyAdmin, policyAdmin, clusterOf('dev'), clusterOf('prod')].join('---\n')
    const found = problems(twice, { platform: { systems: [], clusters: [] } })
    expect(found).toEqual([
      expect.stringContaining('there is no System `policy-admin`') as string,
      expect.stringContaining('declared a second time') as string,
    ])
  })

  it('no two clusters write to the same directory', () => {
    const found = problems(clusterOf('second', 'dev', 'clusters/dev'), { platform })
    expect(found).toEqual([
      '7:3: the Cluster dev has the same directory of the same repository; give each its own `path`',
    ])
  })
})

describe('names that would not fit where they end up', () => {
  it.each([
    ['longer than every name built from it allows', 'q'.repeat(41), /at most 40 characters/],
    ['two hyphens in a row, which ECR refuses', 'quo--tes', /single "-"/],
    ['capitals', 'Quotes', /lower-case/],
    ['a hyphen at the end', 'quotes-', /lower-case/],
    ['a number', '42', /must be text/],
  ])('%s', (_, name, message) => {
    const [problem, ...rest] = problems(changed('name: quotes', `name: ${name}`))
    expect(problem).toMatch(/^3:19: /)
    expect(problem).toMatch(message)
    expect(rest).toEqual([])
  })

  it.each(['default', 'kube-system', 'fairway', 'fairway-control', 'argocd', 'external-secrets'])(
    'a system called %s would be somebody else’s',
    (name) => {
      expect(problems(policyAdmin.replace('name: policy-admin', `name: ${name}`))).toEqual([
        expect.stringMatching(/^3:19: the name .* is taken by/) as string,
      ])
    },
  )

  it.each(['default', 'fairway'])('a workload called %s would be somebody else’s', (name) => {
    expect(problems(changed('name: quotes', `name: ${name}`))).toEqual([
      expect.stringMatching(/^3:19: the name .* is taken by/) as string,
    ])
  })

  it.each([
    ['..', 'path'],
    ['clusters/../../x', 'path'],
    ['/clusters', 'path'],
    ['a//b', 'path'],
    ['.git', 'path'],
    ['a..b', 'branch'],
    ['-x', 'branch'],
    ['x.lock', 'branch'],
    ['"a b"', 'branch'],
  ])('a repository with %s as its %s', (value, key) => {
    const text = clusterOf('dev').replace('path: clusters/dev', `${key}: ${value}`)
    expect(problems(text)).toEqual([
      expect.stringMatching(new RegExp(`^7:\\d+: .spec.repository.${key}. must be`)) as string,
    ])
  })

  it('identity irsa without its issuer', () => {
    expect(problems(`${clusterOf('dev')}  identity: irsa\n`)).toEqual([
      '6:3: `spec.aws.oidcProvider` is missing; identity irsa needs the issuer, without https://',
    ])
  })

  it('the longest names that are accepted fit every place', () => {
    const long = 'n'.repeat(limits.name)
    expect(problems(changed('name: quotes, system: policy-admin', `name: ${long}, system: ${long}`))).toEqual([])
    expect(repositoryName(long, long).length).toBeLessThanOrEqual(limits.repository)
    expect(secretName(long, long, long, long, long).length).toBeLessThanOrEqual(limits.secret)
    expect(roleName(long, long, long, long).length).toBeLessThanOrEqual(limits.role)
    expect(versionedSecretName(long, long, long, [long]).length).toBeLessThanOrEqual(limits.label)
  })
})
