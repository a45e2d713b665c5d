import { Terminal } from './errors.ts'

/**
 * The one way to build a path inside a repository or a state directory. Every part is a plain name: no `..`,
 * no absolute path, no backslash, no NUL, nothing that names `.git` (also as the case-insensitive and
 * short-name spellings that git itself refuses, https://git-scm.com/docs/git-config core.protectHFS/NTFS).
 * An escape is Terminal, never a log line. Relative POSIX path with `/`.
 */
export function safeJoin(...parts: readonly string[]): string {
  const segments = parts.filter((part) => part !== '').flatMap((part) => part.split('/'))
  for (const segment of segments) {
    if (!isSafeSegment(segment)) {
      throw new Terminal(`the path ${JSON.stringify(parts.join('/'))} leaves its directory or names a forbidden file`)
    }
  }
  if (segments.length === 0) throw new Terminal('an empty path')
  return segments.join('/')
}

export function isSafeSegment(segment: string): boolean {
  if (segment === '' || segment === '.' || segment === '..') return false
  // oxlint-disable-next-line no-control-regex -- control characters are what is refused
  if (/[\u0000-\u001f\u007f\\:]/.test(segment)) return false
  const folded = segment
    .normalize('NFKC')
    .replace(/[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]/g, '')
    .toLowerCase()
  return !/^\.git[. ]*$/.test(folded) && !/^git~\d+$/.test(folded)
}

/** True when `path` is `prefix` itself or lies under it; both as `safeJoin` makes them. */
export function isUnder(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`)
}
