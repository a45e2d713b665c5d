import * as git from 'isomorphic-git'
import type { ObjectType } from './blob.ts'

/** `node:fs`, or `memoryFileSystem()`. */
export interface FileSystem {
  readonly promises: git.PromiseFsClient['promises']
}

export interface Pack {
  readonly pack: Buffer
  /** As `git index-pack` writes it. */
  readonly index: Buffer
}

/** The objects of one clone, by id. Contents are git's raw bytes: nothing is decoded, so nothing is lost. */
export interface ReadableObjects {
  /** Undefined when it is not here. Throws when it is broken. */
  read(id: string): Promise<{ readonly type: string; readonly content: Buffer } | undefined>
  /** Takes over what a server sent. */
  add(pack: Pack): Promise<void>
}

export interface Objects extends ReadableObjects {
  write(type: ObjectType, content: Uint8Array): Promise<string>
  /** A pack of exactly these objects. */
  pack(ids: readonly string[]): Promise<Uint8Array>
}

/** `gitdir` on `fs`; packs that were read stay in memory as long as this value does. */
export function objectsIn(fs: FileSystem, gitdir: string): Objects {
  const cache = {}
  return {
    ...readableObjectsIn(fs, gitdir, cache),
    write: (type, content) => git.writeObject({ fs, gitdir, type, object: content, format: 'content' }),
    async pack(oids) {
      const { packfile } = await git.packObjects({ fs, gitdir, oids: [...oids], write: false, cache })
      if (packfile === undefined) throw new Error('isomorphic-git made no pack')
      return packfile
    },
  }
}

/** Without what writing takes, which a function that only reads does not load. */
export function readableObjectsIn(fs: FileSystem, gitdir: string, cache: object = {}): ReadableObjects {
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
    async add({ pack, index }) {
      const path = `${gitdir}/objects/pack/pack-${pack.toString('hex', pack.length - 20)}`
      await fs.promises.mkdir(`${gitdir}/objects/pack`, { recursive: true })
      // The index last: a pack without one is not looked at.
      await fs.promises.writeFile(`${path}.pack`, pack)
      await fs.promises.writeFile(`${path}.idx`, index)
    },
  }
}
