/**
 * Kubernetes looks a zone up by file name, so case matters there; `Intl` does not mind it. Aliases that `Intl` knows
 * but does not list (`Etc/UTC`) are fine.
 */
export function isTimeZone(name: string): boolean {
  const listed = Intl.supportedValuesOf('timeZone')
  if (listed.includes(name)) return true
  if (listed.some((zone) => zone.toLowerCase() === name.toLowerCase())) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
