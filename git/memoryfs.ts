/** As much of a file system as isomorphic-git's object store needs: a clone that leaves nothing on disk. */
export function memoryFileSystem() {
  const files = new Map<string, Uint8Array>()
  const content = (path: string) => files.get(path) ?? missing(path)
  const names = (path: string) => [...files.keys()].filter((name) => name.startsWith(`${path}/`))
  const unsupported = (path: string) => Promise.reject(new Error(`not in this file system: ${path}`))
  return {
    promises: {
      readFile: async (path: string) => content(path),
      writeFile: async (path: string, data: Uint8Array) => void files.set(path, data),
      unlink: async (path: string) => void files.delete(path),
      readdir: async (path: string) => [
        ...new Set(names(path).map((name) => name.slice(path.length + 1).split('/')[0] ?? '')),
      ],
      stat: async (path: string) => ({ size: content(path).length }),
      lstat: async (path: string) => ({ size: content(path).length }),
      mkdir: async () => undefined,
      rmdir: async () => undefined,
      readlink: unsupported,
      symlink: unsupported,
    },
  }
}

function missing(path: string): never {
  throw Object.assign(new Error(`no such file: ${path}`), { code: 'ENOENT' })
}
