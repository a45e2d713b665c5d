import * as z from 'zod'
import { awsStatement } from '../../domain/resources.ts'

const forbiddenServices = new Set(['iam', 'sts', 'organizations', 'account', 'sso', 'identitystore'])

/** A workload names each action in full: wildcards are for ceilings, and identity services are never grantable. */
const statement = awsStatement.superRefine((value, context) => {
  value.actions.forEach((action, index) => {
    const service = action.split(':')[0]?.toLowerCase() ?? ''
    if (/[*?]/.test(action)) {
      context.addIssue({
        code: 'custom',
        path: ['actions', index],
        message: `the action "${action}" has a wildcard; name each action, for example s3:GetObject`,
      })
    } else if (forbiddenServices.has(service)) {
      context.addIssue({
        code: 'custom',
        path: ['actions', index],
        message: `actions of ${service} are never granted to a workload`,
      })
    }
  })
})

export const awsSpec = z.strictObject({
  statements: z
    .array(statement)
    .min(1)
    .describe('What the workload may do in AWS; must lie within the System’s `aws.allow`.'),
})
export type AwsSpec = z.infer<typeof awsSpec>
