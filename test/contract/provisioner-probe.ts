import type { Ledger, Memory } from '../../domain/capability.ts'
import type { Claim, Credential } from '../../domain/records.ts'

/** Goes around every call to the outside. */
export type Around = <Answer>(
  call: { readonly operation: string; readonly access: 'read' | 'write' },
  perform: () => Promise<Answer>,
) => Promise<Answer>

/** Counts calls, and lets one of them be the last thing that happens. */
export class Probe {
  calls: { readonly operation: string; readonly access: 'read' | 'write' }[] = []
  failedInLedger = false
  #at = Number.POSITIVE_INFINITY
  #disturb: 'before' | 'after' | (() => Error) = 'before'
  #dead = false

  get isDead(): boolean {
    return this.#dead
  }

  get writes() {
    return this.calls.filter(({ access }) => access === 'write')
  }

  reset(): void {
    this.calls = []
  }

  dieAt(at: number, when: 'before' | 'after'): void {
    this.reset()
    this.#at = at
    this.#disturb = when
  }

  failAt(at: number, error: () => Error): void {
    this.reset()
    this.#at = at
    this.#disturb = error
  }

  revive(): void {
    this.#dead = false
    this.#at = Number.POSITIVE_INFINITY
  }

  readonly around: Around = async (call, perform) => {
    // A process that died makes no more calls, not even those that were to run beside the last one.
    if (this.#dead) throw new Error('the process is dead')
    this.calls.push(call)
    if (this.calls.length !== this.#at) return perform()
    if (typeof this.#disturb === 'function') {
      this.failedInLedger = call.operation.startsWith('ledger')
      throw this.#disturb()
    }
    this.#dead = true
    if (this.#disturb === 'after') await perform().catch(() => undefined)
    throw new Error('the process died here')
  }
}

/** Claims and credentials of one subject, as the store keeps them: every write can be the last. */
export class MemoryLedger implements Ledger {
  readonly #around: Around
  readonly #claims = new Map<string, Claim>()
  readonly #credentials = new Map<string, Credential>()
  #restoring = false

  constructor(around: Around) {
    this.#around = around
  }

  memory(): Memory {
    const claims = structuredClone(Object.fromEntries(this.#claims))
    const credentials = structuredClone(Object.fromEntries(this.#credentials))
    return { claims, credentials, ...(this.#restoring ? { restoring: true } : {}) }
  }

  /** The table was lost, and somebody said so. */
  lose(): void {
    this.#claims.clear()
    this.#credentials.clear()
    this.#restoring = true
  }

  claim(what: string, claim: Claim): Promise<void> {
    return this.#write('ledger.claim', () => this.#claims.set(what, claim))
  }

  release(what: string): Promise<void> {
    return this.#write('ledger.release', () => this.#claims.delete(what))
  }

  credential(entry: string, credential: Credential): Promise<void> {
    return this.#write('ledger.credential', () => this.#credentials.set(entry, credential))
  }

  #write(operation: string, write: () => unknown): Promise<void> {
    return this.#around({ operation, access: 'write' }, async () => void write())
  }
}
