import * as z from 'zod'
import { Terminal } from '../../domain/errors.ts'
import type { OwnedTree } from '../../domain/git.ts'

/** In content-addressed storage: equal trees have equal texts, whatever order they were made in. */
export function serializeTrees(trees: readonly OwnedTree[]): string {
  const plain = trees.map(({ owner, paths, files }) => ({
    owner,
    paths: paths.toSorted(),
    // Pairs, because a path may be called like a member that every object has.
    files: [...files].toSorted(byPath),
  }))
  return JSON.stringify(plain.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)))
}

/** What was stored, checked as data from outside; what it means for a repository is for its writer to say. */
export function parseTrees(text: string): readonly OwnedTree[] {
  const parsed = stored.safeParse(json(text))
  if (parsed.success) return parsed.data
  throw new Terminal('what was rendered cannot be read back from where it was put', {
    cause: parsed.error,
    fix: 'reconcile again; if it comes back, what stores it and what reads it are not of one version: deploy all of the stack',
  })
}

type Pair = readonly [path: string, content: string]

const stored = z.array(
  z
    .strictObject({
      owner: z.string().min(1),
      paths: z.array(z.string().min(1)),
      files: z.array(z.tuple([z.string().min(1), z.string()])),
    })
    .refine(({ files }) => new Set(files.map(([path]) => path)).size === files.length, 'a file is there twice')
    .transform(({ owner, paths, files }): OwnedTree => ({ owner, paths, files: new Map(files) })),
)

function byPath([a]: Pair, [b]: Pair): number {
  return a < b ? -1 : 1
}

function key({ owner, paths }: { readonly owner: string; readonly paths: readonly string[] }): string {
  return JSON.stringify([owner, paths])
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
