import * as z from 'zod'
import { subject } from '../../domain/resources.ts'

const reserved = new Set(['$SYS', '$JS', '$KV', '$O', '_INBOX', '_R_'])

const declared = subject.superRefine((value, context) => {
  const first = value.split('.')[0] ?? ''
  if (first === '*' || first.startsWith('_INBOX') || reserved.has(first)) {
    context.addIssue({
      code: 'custom',
      message: `"${value}" reaches subjects that NATS or Fairway keeps for itself; start with a name of your own`,
    })
  }
  // A server expands {{…}} in a scope, and drops the whole account when it does not know the function.
  if (value.includes('{{') || value.includes('}}')) {
    context.addIssue({
      code: 'custom',
      message: `"${value}" holds a template; write the subject out, or use a wildcard`,
    })
  }
})

const list = (what: string) =>
  z.array(declared).min(1, 'must name at least one subject, or be left out').optional().describe(what)

const fields = {
  publish: list('Subjects it publishes to.'),
  subscribe: list('Subjects it subscribes to.'),
  request: list('Subjects it sends requests to; answers arrive on its own inbox.'),
  reply: list('Subjects it answers requests on.'),
}

const duration = z.string().regex(/^[1-9]\d*h$/, 'must be hours, for example 720h')

/** Of `720h`, as the schemas hold it. */
export function hours(text: string): number {
  return Number.parseInt(text, 10)
}

export const natsSpec = z
  .strictObject({
    ...fields,
    expiresAfter: duration.default('720h').describe('Life of a credential; it is renewed well before.'),
    renewBefore: duration
      .optional()
      .describe('How long before its end a credential is renewed. Absent: a third of its life, at most a week.'),
  })
  .refine((spec) => spec.publish ?? spec.subscribe ?? spec.request ?? spec.reply, {
    message: 'must declare at least one of publish, subscribe, request, reply',
  })
  .superRefine(({ expiresAfter, renewBefore }, context) => {
    // It would be due again as soon as it is issued.
    if (renewBefore === undefined || hours(renewBefore) < hours(expiresAfter)) return
    context.addIssue({
      code: 'custom',
      path: ['renewBefore'],
      message: `${renewBefore} is not shorter than \`expiresAfter\` (${expiresAfter}): a new credential would be renewed at once; write less, or leave it out for a third of its life, at most a week`,
    })
  })
export type NatsSpec = z.infer<typeof natsSpec>

/** The part of a Workload that this capability is about. */
export interface NatsPart {
  readonly nats?: NatsSpec | undefined
}

export const natsOverride = z.strictObject({
  ...fields,
  expiresAfter: duration.optional().describe('Life of a credential in this environment.'),
  renewBefore: duration.optional().describe('How long before its end a credential is renewed in this environment.'),
})
