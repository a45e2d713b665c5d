import { Terminal } from '../../domain/errors.ts'

/** A self-service action as Port's API takes it; only what the stand-in acts upon. */
export interface PortAction {
  readonly identifier: string
  readonly trigger: {
    readonly operation: string
    readonly userInputs: {
      readonly properties: Readonly<Record<string, unknown>>
      readonly required: readonly string[] | { readonly jqQuery: string }
    }
  }
  readonly invocationMethod: {
    readonly type: string
    readonly url: string
    readonly body?: Readonly<Record<string, unknown>>
  }
}

/**
 * A payload template filled in: `{{ .run.id }}`. A string that is one expression becomes the value itself, else its
 * text is put in. Port takes any jq expression; here it is a path, which is all that the shipped actions use.
 * https://docs.port.io/actions-and-automations/create-self-service-experiences/setup-the-backend/
 */
export function fill(template: unknown, context: unknown): unknown {
  if (typeof template === 'string') return fillText(template, context)
  if (Array.isArray(template)) return template.map((item) => fill(item, context))
  if (typeof template !== 'object' || template === null) return template
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, fill(value, context)]))
}

function fillText(template: string, context: unknown): unknown {
  const whole = /^\{\{([^{}]*)\}\}$/.exec(template)
  if (whole?.[1] !== undefined) return valueAt(whole[1].trim(), context) ?? null
  return template.replace(/\{\{([^{}]*)\}\}/g, (_all, expression: string) => {
    const value = valueAt(expression.trim(), context)
    return typeof value === 'string' ? value : JSON.stringify(value ?? null)
  })
}

function valueAt(expression: string, context: unknown): unknown {
  if (!/^(\.[A-Za-z_][A-Za-z0-9_]*)+$/.test(expression)) {
    throw new Terminal(`the local portal cannot evaluate {{ ${expression} }}`, {
      fix: 'use a path such as {{ .run.id }}',
    })
  }
  return expression
    .slice(1)
    .split('.')
    .reduce<unknown>((value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined), context)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
