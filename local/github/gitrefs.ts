import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Undefined in an empty repository. */
export async function headOf(repository: string): Promise<string | undefined> {
  return promisify(execFile)('git', ['--git-dir', repository, 'rev-parse', '--verify', '--quiet', 'HEAD']).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  )
}

/** `ref` stands for `commit` from now on, as GitHub does for a pull request's head. */
export async function pointRef(repository: string, ref: string, commit: string): Promise<void> {
  await promisify(execFile)('git', ['update-ref', ref, commit], { cwd: repository })
}
