/** Where entries are mounted: `/var/run/fairway/<entry>/<key>`. */
export const credentialsRoot = '/var/run/fairway'

const kept = [credentialsRoot, '/proc', '/sys', '/dev']

/** A path as one writes it (no `//`, no `/.`, no `/` at the end), that no volume and no kernel file system stands on. */
export function isMountable(path: string): boolean {
  const plain = path.split('/').every((segment, index) => (index === 0 ? segment === '' : !['', '.'].includes(segment)))
  return plain && !kept.some((prefix) => path === prefix || path.startsWith(`${prefix}/`))
}
