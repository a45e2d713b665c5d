import type { CommitRequest, OwnedTree } from '../../domain/git.ts'

export const deployment = 'manifests/shop/quotes/deployment.yaml'
export const service = 'manifests/shop/quotes/service.yaml'

export function requestFor(
  url: string,
  files: Readonly<Record<string, string>>,
  options: { readonly paths?: readonly string[]; readonly execution?: string; readonly branch?: string } = {},
): CommitRequest {
  return {
    target: { url, branch: options.branch ?? 'main' },
    trees: [ownedTree(files, options.paths ?? ['manifests/shop/quotes'])],
    subject: 'shop/quotes: update in dev',
    trailers: [
      ['Fairway-Resource', 'shop/quotes'],
      ['Fairway-Execution', options.execution ?? 'execution-1'],
    ],
  }
}

export function ownedTree(
  files: Readonly<Record<string, string>>,
  paths: readonly string[],
  owner = 'shop/quotes',
): OwnedTree {
  return { owner, paths, files: new Map(Object.entries(files)) }
}
