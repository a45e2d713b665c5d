/** Commits as bytes: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects#_git_commit_objects */
export interface CommitObject {
  readonly tree: string
  readonly parents: readonly string[]
  readonly message: string
}

/** Who commits, from the installation's configuration. */
export interface Author {
  readonly name: string
  readonly email: string
}

export function parseCommit(content: Buffer): CommitObject {
  const text = content.toString('utf8')
  const end = text.indexOf('\n\n')
  const headers = (end < 0 ? text : text.slice(0, end)).split('\n')
  const valuesOf = (name: string) =>
    headers.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1))
  const [tree] = valuesOf('tree')
  if (tree === undefined) throw new Error('a commit is broken')
  return { tree, parents: valuesOf('parent'), message: end < 0 ? '' : text.slice(end + 2) }
}

/** `at` in epoch milliseconds; written in UTC, so that the machine's time zone is not part of a commit's id. */
export function serializeCommit(commit: CommitObject, author: Author, at: number): Buffer {
  const signature = `${identity(author.name)} <${identity(author.email)}> ${Math.floor(at / 1000)} +0000`
  const headers = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${signature}`,
    `committer ${signature}`,
  ]
  return Buffer.from(`${headers.join('\n')}\n\n${commit.message}`, 'utf8')
}

/** What git itself takes out of names and addresses. */
function identity(text: string): string {
  return text
    .replace(/[<>\p{C}]/gu, '')
    .trim()
    .replace(/^[.,:;"'\\]+|[.,:;"'\\]+$/g, '')
}
