import { expect, it } from 'vitest'
import type { GitHubCall } from '../../local/github/http.ts'
import { githubSchema } from './githubschema.ts'

const { problems } = githubSchema()
const call: GitHubCall = {
  method: 'POST',
  path: '/repos/acme/quotes/check-runs',
  query: {},
  body: { name: 'Fairway', head_sha: 'a'.repeat(40) },
  status: 500,
  answer: undefined,
  faulty: true,
}
const first = (change: Partial<GitHubCall>) => problems([{ ...call, ...change }])[0]

it('a call as GitHub documents it has no problem', () => {
  expect(problems([call])).toEqual([])
})

it.each<[Partial<GitHubCall>, RegExp]>([
  [{ path: '/repos/acme/quotes/checks' }, /is no operation/],
  [{ body: { name: 'Fairway' } }, /body must have required property 'head_sha'/],
  [{ body: { ...(call.body as object), title: 'x' } }, /body\/title is not documented/],
  [{ body: { ...(call.body as object), output: { title: 'x', summary: 'x'.repeat(65_536) } } }, /65535/],
  [{ query: { page: '1' } }, /has no query parameter page/],
  [{ faulty: false, status: 201, answer: { id: 1 } }, /answer 201 must have required property 'node_id'/],
  [{ faulty: false, status: 204 }, /does not answer 204/],
  [{ faulty: false, status: 403, answer: { message: 1 } }, /answer 403\/message must be string/],
  [
    { method: 'GET', path: '/repos/a/b/commits/c/check-runs', body: undefined, query: { per_page: 'x' } },
    /per_page must be integer/,
  ],
])('a call that differs is found out: %j', (change, problem) => {
  expect(first(change)).toMatch(problem)
})
