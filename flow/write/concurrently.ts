/** The services behind answer many at once, and throttle too many: SendTaskSuccess and GetObject of a whole group. */
const atATime = 16

/** In any order; results in that of the items. Every item is tried before the first error is thrown. */
export async function concurrently<Item, Result>(
  items: readonly Item[],
  task: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  const errors: unknown[] = []
  let next = 0
  const worker = async () => {
    for (let at = next++; at < items.length; at = next++) {
      try {
        results[at] = await task(items[at] as Item)
      } catch (error) {
        errors.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atATime, items.length) }, worker))
  if (errors.length > 0) throw errors[0]
  return results
}
