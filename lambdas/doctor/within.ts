import type { Within } from '../../flow/doctor/run.ts'

/** With a timer that keeps no process alive. */
export const within: Within = async (milliseconds, work) => {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(resolve, milliseconds, undefined)
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}
