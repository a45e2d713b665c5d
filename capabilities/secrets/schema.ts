import * as z from 'zod'
import { label } from '../../domain/resources.ts'

/** A JSON key of the entry and a file name in the pod. */
const key = z
  .string()
  .max(100)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*$/, 'must be letters, digits, "_", "-" or "."')

const placeholder = z.strictObject({
  keys: z.array(key).min(1).max(50).describe('Keys that the owner fills in Secrets Manager, as a JSON object.'),
})

const generated = z.strictObject({
  generate: z
    .strictObject({
      length: z
        .int()
        .min(16)
        .max(1024)
        .default(48)
        .describe('Characters; letters and digits, from a cryptographic source.'),
      key: key.default('value').describe('The key the value is stored under.'),
    })
    .describe('Makes a value once, and again only when rotation is asked for.'),
})

export const secretSpec = z.union([placeholder, generated])

const entryName = label.refine(
  (name) => name !== 'nats',
  'the entry "nats" is kept for NATS credentials; choose another name',
)

export const secretsSpec = z
  .record(entryName, secretSpec)
  .describe(
    'Entries in Secrets Manager: `keys` makes an empty one for its owner to fill, `generate` makes a value once.',
  )
export type SecretsSpec = z.infer<typeof secretsSpec>
