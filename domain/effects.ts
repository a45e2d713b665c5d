/** What is impure and has no other home: time and randomness. Both are arguments everywhere. */

export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Resolves after that many milliseconds of this clock's time. */
  sleep(milliseconds: number): Promise<void>
}

export interface Random {
  bytes(length: number): Uint8Array
  /** Uniform in [0, 1): for jitter, never for secrets. */
  fraction(): number
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
}

export const systemRandom: Random = {
  bytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  fraction: () => Math.random(),
}
