import type { Path } from './position.ts'

/** Paths, and in constant time whether one encloses another or lies under it: a file may have ten thousands of either. */
export class PathSet {
  readonly #paths = new Set<string>()
  readonly #enclosing = new Set<string>()

  add(path: Path): void {
    this.#paths.add(keyOf(path))
    for (let length = 0; length <= path.length; length++) this.#enclosing.add(keyOf(path.slice(0, length)))
  }

  /** The path is one of these, or encloses one. */
  encloses(path: Path): boolean {
    return this.#enclosing.has(keyOf(path))
  }

  /** The path is one of these, encloses one, or lies under one. */
  touches(path: Path): boolean {
    return this.encloses(path) || path.some((_, index) => this.#paths.has(keyOf(path.slice(0, index))))
  }
}

function keyOf(path: Path): string {
  return JSON.stringify(path)
}
