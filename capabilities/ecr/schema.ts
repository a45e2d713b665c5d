import * as z from 'zod'

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits')

const track = z
  .string()
  .min(1)
  .max(128)
  .regex(
    /^[A-Za-z0-9_.*?-]+$/,
    'must be a tag pattern such as main-* (letters, digits, "_", ".", "-", and the wildcards * and ?)',
  )
  .describe('Newest pushed tag that matches is deployed; `*` and `?` are wildcards.')

/** Which image of this workload's own ECR repository runs. */
export const imageSpec = z.strictObject({
  track: track.default('*'),
  digest: digest.optional().describe('Pins this image instead of following `track`.'),
})
export type ImageSpec = z.infer<typeof imageSpec>

export const imageOverride = z.strictObject({
  track: track.optional(),
  digest: digest.optional().describe('Pins this image in this environment.'),
})
export type ImageOverride = z.infer<typeof imageOverride>
