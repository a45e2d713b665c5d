import aslValidator from 'asl-validator'
import { describe, expect, it } from 'vitest'
import * as errors from '../../domain/errors.ts'
import { definitions, nextOf, statesOf, textsOf, type Definition } from './definitions.ts'

/**
 * The subset of ASL that the interpreter here runs as AWS does. Each rule names a way in which they differ, or a
 * promise of docs/concepts.md, "How a change travels".
 */
describe.each(definitions)('%s', (_file, definition) => {
  const states = statesOf(definition)
  const tasks = states.filter(({ state }) => state.Type === 'Task')
  const texts = textsOf(definition)

  it('is valid for an independent validator', () => {
    const text = JSON.stringify(definition)
      .replaceAll(/\$\{\w+Function\}/g, 'arn:aws:lambda:eu-west-1:111122223333:function:one')
      .replaceAll(/\$\{\w+Machine\}/g, 'arn:aws:states:eu-west-1:111122223333:stateMachine:one')
    const { isValid, errors: found } = aslValidator(JSON.parse(text), { checkArn: true, checkPaths: true })
    expect(found).toEqual([])
    expect(isValid).toBe(true)
  })

  it('bounds every task and the whole execution in time', () => {
    expect(definition['TimeoutSeconds']).toBeGreaterThan(0)
    for (const { state, name } of tasks) expect(state['TimeoutSeconds'], name).toBeGreaterThan(0)
  })

  it('retries every task with full jitter and a bound', () => {
    for (const { state, name } of tasks) {
      const retriers = state['Retry'] as Record<string, unknown>[] | undefined
      expect(retriers?.length, name).toBeGreaterThan(0)
      for (const retrier of retriers ?? []) {
        expect(retrier, name).toMatchObject({
          JitterStrategy: 'FULL',
          MaxAttempts: expect.any(Number),
          BackoffRate: expect.any(Number),
        })
      }
    }
  })

  it('never retries what a person has to mend', () => {
    const retried = tasks.flatMap(({ state }) =>
      (state['Retry'] as { ErrorEquals: string[] }[]).flatMap(({ ErrorEquals }) => ErrorEquals),
    )
    expect(retried).not.toContain('Terminal')
    expect(retried).not.toContain('States.ALL')
    expect(retried).not.toContain('States.TaskFailed')
  })

  it('lets branches and items fail alone: each task in one catches everything', () => {
    const alone = tasks.filter(({ nested, name }) => nested && !caughtOutside(definition, name))
    for (const { state, name } of alone) {
      const catchers = state['Catch'] as { ErrorEquals: string[] }[] | undefined
      expect(catchers?.at(-1)?.ErrorEquals, name).toEqual(['States.ALL'])
    }
  })

  it('lets no lease go while a writer may still have a change of it in hand: what fails together is handed over in turn', () => {
    const maps = states.filter(({ state }) => state.Type === 'Map' && state['Catch'] !== undefined)
    for (const { state, name } of maps.filter(({ state }) => JSON.stringify(state).includes('waitForTaskToken'))) {
      expect(state['MaxConcurrency'], name).toBe(1)
    }
  })

  it('names only errors that exist', () => {
    const own = new Set(Object.keys(errors))
    const named = states.flatMap(({ state }) => [
      ...((state['Retry'] as { ErrorEquals: string[] }[] | undefined) ?? []),
      ...((state['Catch'] as { ErrorEquals: string[] }[] | undefined) ?? []),
    ])
    const custom = named.flatMap(({ ErrorEquals }) => ErrorEquals).filter((name) => !name.includes('.'))
    for (const name of custom) expect(own, name).toContain(name)
  })

  it('gives every state a name of its own, and a way to it', () => {
    const names = states.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    for (const within of new Set(states.map((placed) => placed.within))) {
      const reached = new Set([within.StartAt, ...Object.values(within.States).flatMap(nextOf)])
      expect(Object.keys(within.States).filter((name) => !reached.has(name))).toEqual([])
      expect([...reached].filter((name) => !Object.hasOwn(within.States, name))).toEqual([])
    }
  })

  it('uses nothing that the interpreter here reads differently', () => {
    for (const { state, name } of states) {
      if (state.Type === 'Pass' && 'Result' in state)
        expect(Boolean(state['Result']), `${name}: a falsy Result is ignored`).toBe(true)
      expect(state['ResultPath'], `${name}: "$" adds a key`).not.toBe('$')
      expect(JSON.stringify(state['Choices'] ?? []), name).not.toMatch(/"Is(Present|Null)":false/)
    }
    for (const [path, text] of texts) {
      const place = `${path.join('.')}: ${text}`
      expect(text, place).not.toContain('[*]')
      expect(text, place).not.toMatch(/^\$\$\.(State|Execution\.Name|Execution\.Input)/)
      if (text.startsWith('$$.Map')) expect(path, place).toContain('ItemSelector')
    }
    expect(JSON.stringify(definition)).not.toContain('HeartbeatSeconds')
  })

  it('calls functions only through the envelope of lambda:invoke', () => {
    for (const { state, name } of tasks) {
      expect(['arn:aws:states:::lambda:invoke', 'arn:aws:states:::lambda:invoke.waitForTaskToken'], name).toContain(
        state['Resource'],
      )
    }
  })

  it('gives a token to whoever is to answer with it, and to nobody else; the answer has no envelope', () => {
    for (const { state, name } of tasks) {
      const waits = String(state['Resource']).endsWith('.waitForTaskToken')
      const { Payload } = (state['Parameters'] ?? {}) as { Payload?: Record<string, unknown> }
      expect(Payload?.['taskToken.$'], name).toBe(waits ? '$$.Task.Token' : undefined)
      // A task that waits ends with what SendTaskSuccess brought: https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html
      if (waits) expect([state['OutputPath'], state['ResultSelector']], name).toEqual([undefined, undefined])
    }
    const tokens = texts.filter(([, text]) => text.startsWith('$$.Task'))
    expect(tokens).toHaveLength(tasks.filter(({ state }) => String(state['Resource']).includes('Token')).length)
  })
})

/** True where the Map or Parallel around it catches everything itself. */
function caughtOutside(definition: Definition, name: string): boolean {
  return Object.values(definition.States).some(
    (state) => state['Catch'] !== undefined && state.Type !== 'Task' && JSON.stringify(state).includes(`"${name}"`),
  )
}
