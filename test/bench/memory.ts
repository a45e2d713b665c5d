/** Bytes, of this process's heap and what it holds outside of it. */
export function used(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

export function collect(): void {
  if (globalThis.gc === undefined) throw new Error('run it with `node --expose-gc`, as `npm run bench` does')
  globalThis.gc()
}

export interface Sampler {
  /** Called as often as there is something new; what it costs is in no other figure. */
  readonly sample: () => void
  /** Above what was used when it began. */
  readonly peak: () => number
}

/**
 * What is alive above what was alive before: garbage is collected before each sample, because with gigabytes of memory
 * Node leaves hundreds of megabytes of it lying about, which says nothing of what the work needs. `every`: calls of
 * `sample` per sample.
 */
export function aliveSampler(every: number): Sampler {
  collect()
  const before = used()
  let [peak, calls] = [0, 0]
  return {
    sample() {
      if (calls++ % every !== 0) return
      collect()
      peak = Math.max(peak, used() - before)
    },
    peak: () => peak,
  }
}

/** The same with whatever garbage there is. */
export function usedSampler(): Sampler {
  collect()
  const before = used()
  let peak = 0
  return {
    sample() {
      peak = Math.max(peak, used() - before)
    },
    peak: () => peak,
  }
}
