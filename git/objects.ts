import { createHash } from 'node:crypto'
import * as git from 'isomorphic-git'
import type { ObjectType } from './blob.ts'

/** `node:fs`, or `memoryFileSystem()`. */
export interface FileSystem {
  readonly promises: git.PromiseFsClient['promises']
}

/** The objects of one clone, by id. Contents are git's raw bytes: nothing is decoded, so nothing is lost. */
export interface Objects {
  /** Undefined when it is not here. Throws when it is broken. */
  read(id: string): Promise<{ readonly type: string; readonly content: Buffer } | undefined>
  write(type: ObjectType, content: Uint8Array): Promise<string>
  /** Takes over what a server sent. */
  add(pack: Buffer): Promise<void>
  /** A pack of exactly these objects. */
  pack(ids: readonly string[]): Promise<Uint8Array>
}

/** `gitdir` on `fs`; packs that were read stay in memory as long as this value does. */
export function objectsIn(fs: FileSystem, gitdir: string): Objects {
  const cache = {}
  return {
    async read(oid) {
      try {
        const found = await git.readObject({ fs, gitdir, oid, format: 'content', cache })
        return { type: found.type, content: Buffer.from(found.object as Uint8Array) }
      } catch (error) {
        if (error instanceof git.Errors.NotFoundError) return undefined
        throw error
      }
    },
    write: (type, content) => git.writeObject({ fs, gitdir, type, object: content, format: 'content' }),
    async add(pack) {
      const filepath = `objects/pack/pack-${createHash('sha1').update(pack).digest('hex')}.pack`
      await writeFile(fs, `${gitdir}/${filepath}`, pack)
      await git.indexPack({ fs, dir: gitdir, gitdir, filepath, cache })
    },
    async pack(oids) {
      const { packfile } = await git.packObjects({ fs, gitdir, oids: [...oids], write: false, cache })
      if (packfile === undefined) throw new Error('isomorphic-git made no pack')
      return packfile
    },
  }
}

async function writeFile(fs: FileSystem, path: string, data: Uint8Array): Promise<void> {
  await fs.promises.mkdir(path.slice(0, path.lastIndexOf('/')), { recursive: true })
  await fs.promises.writeFile(path, data)
}
