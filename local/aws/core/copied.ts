/**
 * What crosses the wire, so that neither side can change what the other has: plain data with dates and bytes. Calls are
 * made by the hundred thousand, and `structuredClone` takes several times as long.
 */
export function copied<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copied) as Value
  if (Object.getPrototypeOf(value) !== Object.prototype) return structuredClone(value)
  const copy: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) copy[name] = copied(member)
  return copy as Value
}
