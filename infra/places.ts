import { clusterSpec } from '../domain/resources.ts'

/** Accounts and regions that a person wrote down, held to what a Cluster may say of them. */
const { account, region } = clusterSpec.shape.aws.shape

export function checkedAccounts(what: string, accounts: readonly string[]): readonly string[] {
  return checked(what, accounts, account)
}

export function checkedRegions(what: string, regions: readonly string[]): readonly string[] {
  return checked(what, regions, region)
}

function checked(what: string, values: readonly string[], schema: typeof account): readonly string[] {
  for (const value of values) {
    const { error } = schema.safeParse(value)
    if (error) throw new Error(`${what}: "${value}" ${error.issues[0]?.message}`)
  }
  const twice = values.find((value, index) => values.indexOf(value) !== index)
  if (twice !== undefined) throw new Error(`${what}: "${twice}" is there twice`)
  return values
}
