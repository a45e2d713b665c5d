import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Terminal } from '../domain/errors.ts'
import { startTable } from './table.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairway-table-'))
})
afterEach(async () => rm(directory, { recursive: true, force: true }))

const path = () => join(directory, 'state', 'table')

test('contents survive a restart on the same directory', async () => {
  const first = await startTable({ path: path() })
  await first.table.create('k', { kind: 'Workload', attentionAt: 5, deep: { 'a/b': [1] } })
  await first.stop()

  const second = await startTable({ path: path() })
  const item = { key: 'k', revision: 1, kind: 'Workload', attentionAt: 5, deep: { 'a/b': [1] } }
  expect(await second.table.get('k')).toEqual(item)
  expect((await second.table.due(5, { limit: 9 })).items).toEqual([item])
  expect((await second.table.ofKind('Workload', { limit: 9 })).items).toEqual([item])
  await second.stop()
})

test('a directory that is there already, and empty, is used', async () => {
  await mkdir(path(), { recursive: true })
  const { table, stop } = await startTable({ path: path() })
  await table.create('k', {})
  await stop()
  const again = await startTable({ path: path() })
  expect(await again.table.get('k')).toBeDefined()
  await again.stop()
})

test('without a directory nothing is kept', async () => {
  const first = await startTable()
  await first.table.create('k', {})
  await first.stop()
  const second = await startTable()
  expect(await second.table.get('k')).toBeUndefined()
  await second.stop()
})

test('a directory that is in use is Terminal and leaves this process and the other one alone', async () => {
  const first = await startTable({ path: path() })
  const error = await startTable({ path: path() }).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(Terminal)
  expect((error as Terminal).fix).toMatch(/stop the other/)
  await first.table.create('k', {})
  await first.stop()
})

test('a start that was killed leaves nothing that the next one trips over', async () => {
  const unfinished = await startTable({ path: `${path()}.new` })
  await unfinished.table.create('old', {})
  await unfinished.stop()
  const started = await startTable({ path: path() })
  expect(await started.table.get('old')).toBeUndefined()
  expect(await readdir(join(directory, 'state'))).toEqual(['table'])
  await started.stop()
})

test('what was acknowledged survives a kill', async () => {
  const { acknowledged } = await writeUntilKilled()
  const { table, stop } = await startTable({ path: path() })
  const items = await table.getMany(Array.from({ length: acknowledged }, (_, index) => `k${index}`))
  expect(items).toHaveLength(acknowledged)
  const due = await table.due(Number.MAX_SAFE_INTEGER, { limit: 10_000 })
  expect(due.items.length).toBeGreaterThanOrEqual(acknowledged)
  await stop()
})

test('an index entry that a kill left out is put back', async () => {
  const first = await startTable({ path: path() })
  await first.table.create('k', { attentionAt: 5 })
  await first.table.create('other', { attentionAt: 6 })
  await first.stop()
  await dropIndexEntry('attention', 'k')

  const second = await startTable({ path: path() })
  expect((await second.table.due(9, { limit: 9 })).items.map(({ key }) => key)).toEqual(['k', 'other'])
  await second.stop()
})

/** A process of its own that writes until it is killed without a chance to close anything. */
async function writeUntilKilled(): Promise<{ acknowledged: number }> {
  const module = pathToFileURL(join(import.meta.dirname, 'table.ts')).href
  const script = `
    import { startTable } from ${JSON.stringify(module)}
    const { table } = await startTable({ path: ${JSON.stringify(path())} })
    for (let index = 0; ; index++) {
      await table.create('k' + index, { attentionAt: index })
      process.stdout.write('.')
    }`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script])
  let acknowledged = 0
  child.stdout.on('data', (chunk: Buffer) => {
    acknowledged += chunk.length
    if (acknowledged >= 50) child.kill('SIGKILL')
  })
  await new Promise((resolve) => child.once('close', resolve))
  return { acknowledged }
}

interface Database {
  open(): Promise<void>
  keys(): AsyncIterable<string>
  get(key: string): Promise<{ key: { S: string } }>
  del(key: string): Promise<void>
  close(): Promise<void>
}

/** In dynalite's own files. */
async function dropIndexEntry(index: string, item: string): Promise<void> {
  const { Level } = createRequire(createRequire(import.meta.url).resolve('dynalite'))('level') as {
    Level: new (path: string, options: object) => Database
  }
  const database = new Level(path(), { valueEncoding: 'json' })
  await database.open()
  let dropped = 0
  for await (const key of database.keys()) {
    if (!key.includes(`~${index}~`) || (await database.get(key)).key.S !== item) continue
    await database.del(key)
    dropped++
  }
  await database.close()
  expect(dropped).toBe(1)
}
