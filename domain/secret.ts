import { inspect } from 'node:util'

const values = new WeakMap<SecretValue, string>()

/**
 * A secret value that cannot be printed, serialised or spread by accident (P3). The value is held outside the
 * object, so that structured clones, debuggers' property lists and loggers find nothing.
 * Only `remote.ts` files, and the functions that sign or verify, may call `reveal`.
 */
export class SecretValue {
  constructor(value: string) {
    values.set(this, value)
  }
  toString(): string {
    return '[secret]'
  }
  toJSON(): string {
    return '[secret]'
  }
  [inspect.custom](): string {
    return '[secret]'
  }
  get [Symbol.toStringTag](): string {
    return '[secret]'
  }
}

/** The value itself. Keep it in a local variable of the smallest scope. */
export function reveal(secret: SecretValue): string {
  const value = values.get(secret)
  if (value === undefined) throw new TypeError('not a SecretValue of this process')
  return value
}
