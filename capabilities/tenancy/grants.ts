import { roleGrants } from '../../iamroles/grants.ts'

/** The calls of iamroles/, for roles of readers. */
export const grants = roleGrants(
  'arn:${partition}:iam::${account}:role/fairway/${installation}-_reader-*',
  'arn:${partition}:iam::${account}:policy/fairway/${boundary}-reader',
)
