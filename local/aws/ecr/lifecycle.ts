import * as z from 'zod'

/** What a lifecycle policy may say: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html */

const patterns = z.array(z.string().min(1)).min(1)

const selection = z
  .strictObject({
    tagStatus: z.enum(['tagged', 'untagged', 'any']),
    tagPatternList: patterns.optional(),
    tagPrefixList: patterns.optional(),
    countType: z.enum(['imageCountMoreThan', 'sinceImagePushed', 'sinceImagePulled']),
    countUnit: z.literal('days').optional(),
    countNumber: z.int().min(1),
  })
  .refine(
    (value) =>
      (value.tagStatus === 'tagged') === (value.tagPatternList !== undefined || value.tagPrefixList !== undefined),
    'tagPatternList or tagPrefixList goes with tagStatus tagged, and only with it',
  )
  .refine(
    (value) => (value.countType === 'imageCountMoreThan') === (value.countUnit === undefined),
    'countUnit goes with a countType of time, and only with it',
  )

const policy = z.strictObject({
  rules: z
    .array(
      z.strictObject({
        rulePriority: z.int().min(1),
        description: z.string().max(256).optional(),
        selection,
        action: z.strictObject({ type: z.literal('expire') }),
      }),
    )
    .min(1)
    .max(50)
    .refine(
      (rules) => new Set(rules.map((rule) => rule.rulePriority)).size === rules.length,
      'rulePriority must be unique',
    )
    .refine(
      (rules) => rules.every((rule, index) => rule.selection.tagStatus !== 'any' || index === lastPriority(rules)),
      'a rule for tagStatus any must have the highest rulePriority',
    ),
})

/** What is wrong with the text; undefined when nothing is. */
export function lifecycleProblem(text: string): string | undefined {
  const parsed = policy.safeParse(parse(text))
  if (parsed.success) return undefined
  const issue = parsed.error.issues[0]
  return `Lifecycle policy validation failure: ${issue?.path.join('.')}: ${issue?.message}`
}

function lastPriority(rules: readonly { readonly rulePriority: number }[]): number {
  return rules.reduce((last, rule, index) => (rule.rulePriority > (rules[last]?.rulePriority ?? 0) ? index : last), 0)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
