import {
  appPermissions,
  type CheckRunState,
  type GitHubState,
  type Permissions,
  type PullState,
  type RepositoryState,
} from './state.ts'

/** Answers in the form that GitHub's OpenAPI description gives them: https://github.com/github/rest-api-description */

export function repositoryShape(state: GitHubState, { id, fullName }: RepositoryState): object {
  const [owner = '', name = ''] = fullName.split('/')
  const url = `${state.api()}/repos/${fullName}`
  const page = `${state.host}/${fullName}`
  return {
    id,
    node_id: nodeId('R', id),
    name,
    full_name: fullName,
    owner: userShape(state, owner),
    private: true,
    html_url: page,
    description: null,
    fork: false,
    url,
    ...urls(url, repositoryUrls),
    clone_url: state.cloneUrl(fullName),
    git_url: `git:${page.replace(/^https?:/, '')}.git`,
    ssh_url: `git@${new URL(state.host).hostname}:${fullName}.git`,
    svn_url: page,
    mirror_url: null,
    homepage: null,
    language: null,
    default_branch: 'main',
    visibility: 'private',
    forks: 0,
    forks_count: 0,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    size: 1,
    open_issues: 0,
    open_issues_count: 0,
    has_downloads: false,
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    archived: false,
    disabled: false,
    license: null,
    ...times(state, 'pushed_at', 'created_at', 'updated_at'),
  }
}

export function installationShape(state: GitHubState, repository: RepositoryState, granted: Permissions): object {
  const { installationId } = repository
  const [owner = ''] = repository.fullName.split('/')
  const account = userShape(state, owner)
  return {
    id: installationId,
    app_id: Number(state.appId),
    app_slug: 'fairway',
    account,
    target_id: account.id,
    target_type: 'Organization',
    repository_selection: 'selected',
    access_tokens_url: `${state.api()}/app/installations/${installationId}/access_tokens`,
    repositories_url: `${state.api()}/installation/repositories`,
    html_url: `${state.host}/organizations/${owner}/settings/installations/${installationId}`,
    permissions: granted,
    events: ['push', 'pull_request'],
    single_file_name: null,
    suspended_by: null,
    suspended_at: null,
    ...times(state, 'created_at', 'updated_at'),
  }
}

export function pullRequestShape(state: GitHubState, repository: RepositoryState, pull: PullState): object {
  const { number, head, base, open } = pull
  const [owner = ''] = repository.fullName.split('/')
  const url = `${state.api()}/repos/${repository.fullName}/pulls/${number}`
  const page = `${state.host}/${repository.fullName}/pull/${number}`
  const user = userShape(state, owner)
  const side = (ref: string, sha: string) => ({
    label: `${owner}:${ref}`,
    ref,
    sha,
    user,
    repo: repositoryShape(state, repository),
  })
  const links = ['self', 'html', 'issue', 'comments', 'review_comments', 'review_comment', 'commits', 'statuses']
  return {
    id: repository.id * 1000 + number,
    node_id: nodeId('PR', number),
    number,
    state: open ? 'open' : 'closed',
    locked: false,
    title: `Pull request ${number}`,
    body: null,
    user,
    head: side('proposal', head),
    base: side('main', base),
    url,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    ...urls(url, ['issue', 'commits', 'review_comments', 'review_comment', 'comments', 'statuses']),
    _links: Object.fromEntries(links.map((name) => [name, { href: `${url}/${name}` }])),
    assignee: null,
    milestone: null,
    auto_merge: null,
    merged_by: null,
    merged_at: null,
    closed_at: null,
    labels: [],
    merge_commit_sha: null,
    merged: false,
    mergeable: null,
    mergeable_state: 'unknown',
    additions: 1,
    deletions: 0,
    changed_files: 1,
    comments: 0,
    commits: 1,
    review_comments: 0,
    author_association: 'MEMBER',
    maintainer_can_modify: false,
    ...times(state, 'created_at', 'updated_at'),
  }
}

export function checkRunShape(state: GitHubState, repository: RepositoryState, run: CheckRunState): object {
  const { title, summary, annotations, ...rest } = run
  const url = `${state.api()}/repos/${repository.fullName}/check-runs/${run.id}`
  return {
    ...rest,
    node_id: nodeId('CR', run.id),
    url,
    html_url: `${state.host}/${repository.fullName}/runs/${run.id}`,
    details_url: `${state.host}/apps/fairway`,
    output: {
      title,
      summary,
      text: null,
      annotations_count: annotations.length,
      annotations_url: `${url}/annotations`,
    },
    check_suite: { id: 1 },
    app: appShape(state),
    pull_requests: [],
  }
}

export function appShape(state: GitHubState): object {
  return {
    id: Number(state.appId),
    node_id: nodeId('A', 1),
    slug: 'fairway',
    owner: userShape(state, 'acme'),
    name: 'Fairway',
    description: null,
    external_url: state.host,
    html_url: `${state.host}/apps/fairway`,
    permissions: appPermissions,
    events: ['push', 'pull_request'],
    ...times(state, 'created_at', 'updated_at'),
  }
}

function userShape(state: GitHubState, login: string) {
  const url = `${state.api()}/users/${login}`
  return {
    id: 1,
    node_id: nodeId('U', 1),
    login,
    type: 'Organization',
    site_admin: false,
    gravatar_id: '',
    url,
    html_url: `${state.host}/${login}`,
    ...urls(url, userUrls),
  }
}

function urls(base: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [`${name}_url`, `${base}/${name}`]))
}

function times(state: GitHubState, ...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, state.time()]))
}

function nodeId(kind: string, id: number): string {
  return `${kind}_${id}`
}

const repositoryUrls =
  'archive assignees blobs branches collaborators comments commits compare contents contributors deployments downloads events forks git_commits git_refs git_tags hooks issue_comment issue_events issues keys labels languages merges milestones notifications pulls releases stargazers statuses subscribers subscription tags teams trees'.split(
    ' ',
  )

const userUrls =
  'avatar events followers following gists organizations received_events repos starred subscriptions'.split(' ')
