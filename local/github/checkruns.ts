import { refusal, type Answer, type Operation } from './http.ts'
import { checkRunShape } from './shapes.ts'
import type { AnnotationState, CheckRunState } from './state.ts'

/** Check runs with GitHub's limits, and its way of adding annotations: https://docs.github.com/en/rest/checks/runs */

interface Output {
  readonly title?: string
  readonly summary?: string
  readonly annotations?: readonly AnnotationState[]
}

export function create({ state, repository, body }: Operation): Answer {
  const wrong = wrongRun(body)
  if (wrong !== undefined) return refusal(422, `Invalid request.\n\n${wrong}`)
  const run: CheckRunState = changed(
    {
      id: state.nextId(),
      name: String(body['name']),
      head_sha: String(body['head_sha']),
      external_id: '',
      status: 'queued',
      conclusion: null,
      started_at: state.time(),
      completed_at: null,
      title: '',
      summary: '',
      annotations: [],
    },
    body,
    state.time(),
  )
  repository.checkRuns.push(run)
  return { status: 201, body: checkRunShape(state, repository, run) }
}

export function update({ state, repository, parameters, body }: Operation): Answer {
  const index = repository.checkRuns.findIndex(({ id }) => id === Number(parameters[2]))
  const run = repository.checkRuns[index]
  if (run === undefined) return refusal(404, 'Not Found')
  const wrong = wrongRun(body)
  if (wrong !== undefined) return refusal(422, `Invalid request.\n\n${wrong}`)
  const next = changed(run, body, state.time())
  repository.checkRuns[index] = next
  return { status: 200, body: checkRunShape(state, repository, next) }
}

/** Newest first; `latest`, the default, is the newest of each name. */
export function list({ state, repository, parameters, query }: Operation): Answer {
  const found = repository.checkRuns
    .filter(({ head_sha }) => head_sha === parameters[2])
    .filter(({ name }) => query['check_name'] === undefined || name === query['check_name'])
    .filter(() => query['app_id'] === undefined || query['app_id'] === state.appId)
    .toReversed()
  const names = new Set<string>()
  const shown = query['filter'] === 'all' ? found : found.filter(({ name }) => !names.has(name) && names.add(name))
  const size = Number(query['per_page'] ?? 30)
  const start = (Number(query['page'] ?? 1) - 1) * size
  const page = shown.slice(start, start + size)
  const check_runs = page.map((run) => checkRunShape(state, repository, run))
  return { status: 200, body: { total_count: shown.length, check_runs } }
}

/** Annotations are added to those that are there; everything else is replaced. */
function changed(run: CheckRunState, body: Operation['body'], time: string): CheckRunState {
  const { title, summary, annotations = [] } = (body['output'] ?? {}) as Output
  const text = (name: string) => (typeof body[name] === 'string' ? { [name]: body[name] } : {})
  const done = body['conclusion'] === undefined ? {} : { status: 'completed', completed_at: time }
  return {
    ...run,
    ...text('name'),
    ...text('external_id'),
    ...text('status'),
    ...text('conclusion'),
    ...done,
    ...(title === undefined ? {} : { title }),
    ...(summary === undefined ? {} : { summary }),
    annotations: [...run.annotations, ...annotations],
  }
}

function wrongRun(body: Operation['body']): string | undefined {
  const { summary = '', annotations = [] } = (body['output'] ?? {}) as Output
  if (body['status'] === 'completed' && body['conclusion'] === undefined) return 'A conclusion is required.'
  if (Buffer.byteLength(summary) > 65_535) return 'Only 65535 characters are allowed; the summary has more.'
  if (annotations.length > 50) return `No more than 50 items are allowed; ${annotations.length} were supplied.`
  return annotations.map(wrongAnnotation).find((wrong) => wrong !== undefined)
}

function wrongAnnotation(annotation: AnnotationState): string | undefined {
  const { path, message, title = '', start_line, end_line, start_column, end_column } = annotation
  if (path === '' || path.startsWith('/')) return 'An annotation needs a path in the repository.'
  if (start_line < 1 || end_line < start_line) return 'Lines begin at 1.'
  if (start_line !== end_line && (start_column ?? end_column) !== undefined) return 'Columns are for one line only.'
  if (message === '' || Buffer.byteLength(message) > 64 * 1024) return 'A message has 1 to 65536 bytes.'
  return title.length > 255 ? 'A title has at most 255 characters.' : undefined
}
