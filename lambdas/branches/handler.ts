import { make } from '../look.ts'
import { branchesRuntime } from '../runtime/branches.ts'

/** Branches of cluster repositories: another function, with other keys and without the clients of AWS. */
export const handler = make(branchesRuntime)
