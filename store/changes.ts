import { Conflict, Terminal } from '../domain/errors.ts'
import type { ClusterRepositoryTarget } from '../domain/git.ts'
import type { Change, Changes } from '../domain/handover.ts'
import { sha256 } from '../domain/hash.ts'
import type { Item, Json, Page, Table } from '../domain/table.ts'

/** The state machine gets it back with the commit, and a whole execution's input or output may have 256 KB. */
const largestAnswer = 100_000

const pageSize = 100

/** More than any commit takes; whatever waits behind them brings a message of its own. */
const mostListed = 2000

/**
 * One item per change, found by its id; those of one repository's branch are of one kind, so that they are listed
 * together. The index is in order of key, which says nothing, so what is listed is put in order here.
 */
export function createChanges(table: Table): Changes {
  return {
    async add(change) {
      const { target, token } = change
      const bytes = Buffer.byteLength(JSON.stringify(change.answer))
      if (bytes > largestAnswer) {
        throw new Terminal(
          `what ${change.ref.name} is to be answered takes ${Math.ceil(bytes / 1000)} KB, and at most ${largestAnswer / 1000} KB fit`,
          { fix: 'make the resource smaller: fewer clusters in one repository, fewer entries' },
        )
      }
      await table.update(keyOf(change.id), {
        set: [
          [['kind'], kindOf(target)],
          [['token'], token],
          [['change'], change as unknown as Json],
        ],
      })
    },

    async get(ids) {
      return oldestFirst((await table.getMany(ids.map(keyOf))).map(changeOf))
    },

    async waiting(target, limit) {
      const changes: Change[] = []
      let page: Page = { items: [] }
      do {
        const cursor = page.cursor === undefined ? {} : { cursor: page.cursor }
        page = await table.ofKind(kindOf(target), { limit: pageSize, ...cursor })
        changes.push(...page.items.map(changeOf))
      } while (page.cursor !== undefined && changes.length < mostListed)
      return oldestFirst(changes).slice(0, limit)
    },

    async done({ id, token }) {
      try {
        await table.remove(keyOf(id), { op: 'equals', path: ['token'], value: token })
      } catch (error) {
        // Gone already, or asked again with another token: that one still waits.
        if (!(error instanceof Conflict)) throw error
      }
    },
  }
}

function keyOf(id: string): string {
  return `Change/${sha256(id)}`
}

function kindOf({ url, branch }: ClusterRepositoryTarget): string {
  return `Change/${sha256(JSON.stringify([url, branch]))}`
}

function changeOf(item: Item): Change {
  return item['change'] as unknown as Change
}

function oldestFirst(changes: readonly Change[]): readonly Change[] {
  return changes.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
}
