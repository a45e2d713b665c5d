const secretMembers = new Set(['SecretString', 'SecretBinary'])

/** A copy in which secret values are replaced (P3): what faults, records and errors may see of an input. */
export function redacted(input: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => [key, secretMembers.has(key) ? '[secret]' : structuredClone(value)]),
  )
}
