import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** `ref` stands for `commit` from now on, as GitHub does for a pull request's head. */
export async function pointRef(repository: string, ref: string, commit: string): Promise<void> {
  await promisify(execFile)('git', ['update-ref', ref, commit], { cwd: repository })
}
