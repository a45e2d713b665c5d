import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, parseDocument } from 'yaml'
import { workload } from '../../capabilities/schema.ts'
import type { PortalRun } from '../../domain/portal.ts'
import { readForm } from './form.ts'

const service = {
  name: 'quotes',
  system: 'policy-admin',
  type: 'service',
  environments: ['dev', 'prod'],
  port: 8080,
}

describe('a declared form is a manifest', () => {
  it('with every input where it belongs', () => {
    const manifest = declared({
      ...service,
      healthPath: '/healthz',
      track: 'main-*',
      minReplicas: 2,
      maxReplicas: 6,
      variables: { LOG_LEVEL: 'info', MOTD: 'two\nlines: "quoted" # no comment' },
      natsPublish: ['quotes.created'],
      natsSubscribe: ['policies.>'],
      natsRequest: ['rates.get'],
      natsReply: ['quotes.get'],
      aws: '- actions: [s3:GetObject]\n  resources: ["arn:aws:s3:::quotes-docs/*"]',
      secrets: 'stripe:\n  keys: [apiKey]\nsession:\n  generate: {length: 48}\n',
    })
    const httpGet = { path: '/healthz', port: 8080 }
    expect(manifest).toEqual({
      apiVersion: 'fairway.dev/v1alpha1',
      kind: 'Workload',
      metadata: { name: 'quotes', system: 'policy-admin' },
      spec: {
        type: 'service',
        environments: { dev: {}, prod: {} },
        containers: {
          main: {
            image: '.',
            variables: { LOG_LEVEL: 'info', MOTD: 'two\nlines: "quoted" # no comment' },
            readinessProbe: { httpGet },
            livenessProbe: { httpGet },
          },
        },
        service: { ports: { http: { port: 80, targetPort: 8080 } } },
        image: { track: 'main-*' },
        scaling: { min: 2, max: 6 },
        nats: {
          publish: ['quotes.created'],
          subscribe: ['policies.>'],
          request: ['rates.get'],
          reply: ['quotes.get'],
        },
        aws: { statements: [{ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::quotes-docs/*'] }] },
        secrets: { stripe: { keys: ['apiKey'] }, session: { generate: { length: 48 } } },
      },
    })
    expect(workload.safeParse(manifest).error).toBeUndefined()
  })

  it.each([
    ['a worker with nothing else', { name: 'w', system: 's', type: 'worker', environments: ['dev'] }],
    ['a cronjob', { name: 'c', system: 's', type: 'cronjob', environments: ['dev'], schedule: '0 3 * * *' }],
    ['a service', service],
    [
      'fields left empty',
      { ...service, track: '', variables: {}, natsPublish: [], aws: '  ', secrets: null, spec: '' },
    ],
    ['JSON where YAML is asked for', { ...service, secrets: { stripe: { keys: ['apiKey'] } } }],
  ])('%s is valid', (_name, inputs) => {
    expect(workload.safeParse(declared(inputs)).error).toBeUndefined()
  })

  it('`spec` is taken as it stands, comments, Windows line ends and all', () => {
    const spec =
      '# the whole of it\r\ntype: worker\r\ncontainers: {main: {image: .}}\r\n\r\nenvironments:\r\n  dev: {}\r\n'
    const manifest = declared({ name: 'quotes', system: 'policy-admin', spec })
    expect(manifest).toMatchObject({ spec: { type: 'worker', environments: { dev: {} } } })
  })

  it('a carriage return, which some parsers take for the end of a line, ends one here', () => {
    const form = read({ name: 'quotes', system: 'policy-admin', spec: 'type: worker\rmetadata: {name: evil}' })
    expect(form.operation === 'declare' && form.text.split('spec:\n')[1]).toBe(
      '  type: worker\n  metadata: {name: evil}\n',
    )
  })

  it('every line tells its input, and which line of it it is', () => {
    const form = read({ ...service, secrets: 'stripe:\n  keys: [apiKey]\n  wrong: 1' })
    if (form.operation !== 'declare') throw new Error('refused')
    const lines = form.text.split('\n')
    const inputOf = (text: string) => form.inputAt(lines.findIndex((line) => line.includes(text)) + 1)
    expect(inputOf('name:')).toEqual({ input: 'name', line: 1 })
    expect(inputOf('targetPort')).toEqual({ input: 'port', line: 1 })
    expect(inputOf('wrong: 1')).toEqual({ input: 'secrets', line: 3 })
    expect(inputOf('apiVersion')).toBeUndefined()
    expect(form.inputAt(1000)).toBeUndefined()
  })

  it('no text can change what is declared: name, system and kind are those of their fields', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({
        unit: fc.constantFrom(
          '\n',
          '\r',
          ' ',
          '-',
          '}',
          ']',
          '"',
          ':',
          'metadata: {name: x}',
          '---',
          '...',
          '%YAML 1.2',
          '\t',
        ),
      }),
    )
    fc.assert(
      fc.property(text, text, text, (aws, secrets, spec) => {
        for (const inputs of [
          { ...service, aws, secrets },
          { name: 'quotes', system: 'policy-admin', spec },
        ]) {
          const form = read(inputs)
          if (form.operation !== 'declare') continue
          const document = parseDocument(form.text)
          if (document.errors.length > 0) continue
          // Not as data: an alias to nothing is an error only then. Another key would be refused as unknown.
          expect(document.get('kind')).toBe('Workload')
          expect(String(document.get('metadata'))).toBe('{"name":"quotes","system":"policy-admin"}')
        }
      }),
      { numRuns: 1000 },
    )
  })

  it('the initiator, the teams and the action come from the portal, never from a field', () => {
    expect(messages({ ...service, teams: ['admins'] })).toEqual([`input "teams": there is no such input`])
  })
})

describe('what is wrong with a form is told by input, all of it', () => {
  it.each([
    ['nothing filled in', {}, ['name', 'system', 'type', 'environments']],
    [
      'types that are wrong',
      { ...service, port: '8080', minReplicas: 1.5, natsPublish: 'a', variables: ['a'], type: 5 },
      ['type', 'port', 'minReplicas', 'natsPublish', 'variables'],
    ],
    ['a number in a variable', { ...service, variables: { PORT: 8080 } }, ['variables']],
    ['a line break in a name', { ...service, name: 'quotes\n  evil: true' }, ['name']],
    ['a health path without a port', { ...service, port: undefined, healthPath: '/' }, ['healthPath']],
    ['both ways at once', { ...service, spec: 'type: worker' }, ['type', 'environments', 'port']],
  ])('%s', (_name, inputs, wrong) => {
    const form = read(inputs)
    expect(form).toMatchObject({ operation: 'refused' })
    const named = messages(inputs).map((message) => /^input "(\w+)": /.exec(message)?.[1] ?? message)
    expect(named.toSorted()).toEqual(wrong.toSorted())
  })

  it('a misspelt input is told with the nearest right one', () => {
    expect(messages({ ...service, natsPublsh: ['a'] })).toEqual([
      'input "natsPublsh": there is no such input; did you mean "natsPublish"?',
    ])
  })

  it('a problem stands at the run', () => {
    expect(read({}, 'fairway_retire_workload')).toEqual({
      operation: 'refused',
      problems: [{ file: 'port:r_1', line: 1, column: 1, message: 'input "workload": must be given' }],
    })
  })

  it('another action than the shipped ones is refused, with their names', () => {
    expect(JSON.stringify(read(service, 'deploy_something'))).toContain('use fairway_declare_workload')
  })

  it('whatever the inputs are, there is an answer', () => {
    fc.assert(
      fc.property(fc.object({ key: fc.constantFrom('name', 'type', 'spec', '__proto__', 'port', 'x') }), (inputs) => {
        expect(['declare', 'refused']).toContain(read(inputs).operation)
      }),
    )
  })
})

describe('retiring', () => {
  it('names the workload', () => {
    expect(read({ workload: 'policy-admin/quotes' }, 'fairway_retire_workload')).toEqual({
      operation: 'retire',
      workload: 'policy-admin/quotes',
    })
  })

  it.each(['quotes', 'a/b/c', 'A/b', '../b', 'a/', 5])('%s is no workload', (workload_) => {
    expect(read({ workload: workload_ }, 'fairway_retire_workload').operation).toBe('refused')
  })
})

describe('rotating', () => {
  const action = 'fairway_rotate_credentials'

  it('names the workload, and what is empty is all of it', () => {
    const workload = 'policy-admin/quotes'
    expect(read({ workload, cluster: '', entry: null }, action)).toEqual({ operation: 'rotate', workload })
  })

  it('takes one credential, and its end at once only where somebody says so', () => {
    const inputs = { workload: 'policy-admin/quotes', cluster: 'dev', entry: 'nats', now: true }
    expect(read(inputs, action)).toEqual({ operation: 'rotate', ...inputs })
    expect(read({ ...inputs, now: false }, action)).toMatchObject({ now: false })
  })

  it.each([{ now: 'yes' }, { now: 1 }, { cluster: 5 }, { workload: 'quotes' }, { to: 3 }, { account: 'a/b' }])(
    'is refused with %j',
    (input) => {
      expect(read({ workload: 'policy-admin/quotes', ...input }, action).operation).toBe('refused')
    },
  )
})

function read(inputs: Readonly<Record<string, unknown>>, action = 'fairway_declare_workload') {
  const run: PortalRun = { id: 'r_1', action, initiator: 'ada@example.com', teams: [], inputs, finished: false }
  return readForm(run)
}

function declared(inputs: Readonly<Record<string, unknown>>): unknown {
  const form = read(inputs)
  if (form.operation !== 'declare') throw new Error(JSON.stringify(form))
  return parse(form.text)
}

function messages(inputs: Readonly<Record<string, unknown>>): string[] {
  const form = read(inputs)
  return form.operation === 'refused' ? form.problems.map(({ message }) => message) : []
}
