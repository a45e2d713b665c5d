/**
 * Kubernetes looks a zone up by file name, so case matters there; `Intl` does not mind it. Aliases that `Intl` knows
 * but does not list (`Etc/UTC`) are fine.
 */
export function isTimeZone(name: string): boolean {
  // Making the list takes milliseconds, and a workload with a schedule has a zone in each environment.
  zones ??= new Map(Intl.supportedValuesOf('timeZone').map((zone) => [zone.toLowerCase(), zone]))
  const listed = zones.get(name.toLowerCase())
  if (listed !== undefined) return listed === name
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

/** By their name in lower case. */
let zones: ReadonlyMap<string, string> | undefined
