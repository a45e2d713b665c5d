/** The table of docs/concepts.md, "Layout and imports", as rules. Tests may import anything. */
const test = '(\\.test\\.ts$|^test/|/fixture[^/]*\\.ts$)'
const npm = (allowed) => `node_modules/(?!(${allowed})/)`

/** What a folder may import of the project, and of npm (a pattern of package paths). */
const table = [
  ['domain', ['domain'], 'zod|uuid'],
  ['manifests', ['domain', 'manifests'], 'zod|yaml|fastest-levenshtein|kubernetes-models|@kubernetes-models'],
  ['store', ['domain', 'store'], '@aws-sdk/client-dynamodb|@aws-sdk/client-s3|@aws-sdk/lib-dynamodb'],
  ['git', ['domain', 'git'], 'isomorphic-git|@octokit/auth-app|@octokit/request|zod'],
  ['portals', ['domain', 'portals'], 'zod|yaml'],
  ['secretentries', ['domain', 'manifests', 'secretentries'], '@aws-sdk/client-secrets-manager|@kubernetes-models'],
  ['iamroles', ['domain', 'iamroles'], '@aws-sdk/client-iam'],
  ['flow', ['domain', 'manifests', 'flow'], 'zod'],
  [
    'lambdas',
    ['domain', 'manifests', 'store', 'git', 'portals', 'secretentries', 'iamroles', 'capabilities', 'flow', 'lambdas'],
    '.*',
  ],
  [
    'bin/fairway.ts',
    ['domain', 'manifests', 'store', 'git', 'portals', 'capabilities', 'flow', 'lambdas', 'local', 'bin'],
    '.*',
  ],
  [
    'infra',
    [
      'domain',
      'infra',
      'capabilities/[^/]+/grants',
      'lambdas/(doctor|restore)/grants',
      'store/definition',
      'secretentries/grants',
    ],
    'aws-cdk-lib|constructs',
  ],
  [
    'local',
    [
      'domain',
      'manifests',
      'store',
      'git',
      'portals',
      'secretentries',
      'capabilities',
      'flow',
      'lambdas',
      'infra/rules',
      'local',
    ],
    '.*',
  ],
]

const layers = table.flatMap(([folder, allowed, packages]) => [
  {
    name: `${folder}-imports`,
    severity: 'error',
    from: { path: `^${folder}`, pathNot: test },
    to: { path: '^(?!node_modules|aws-lambda$)', pathNot: `^(${allowed.join('|')})`, dependencyTypesNot: ['core'] },
  },
  ...(packages === '.*'
    ? []
    : [
        {
          name: `${folder}-packages`,
          severity: 'error',
          from: { path: `^${folder}`, pathNot: test },
          to: { path: npm(packages) },
        },
      ]),
])

module.exports = {
  forbidden: [
    ...layers,
    {
      name: 'capabilities-apart',
      comment: 'What two capabilities share stands in secretentries/, manifests/ or domain/.',
      severity: 'error',
      from: { path: '^capabilities/([^/]+)/', pathNot: test },
      to: { path: '^capabilities/([^/]+)/', pathNot: '^capabilities/$1/' },
    },
    {
      name: 'capabilities-imports',
      severity: 'error',
      from: { path: '^capabilities/', pathNot: test },
      to: { path: '^(store|git|portals|flow|lambdas|infra|local|bin|test)/' },
    },
    {
      name: 'effects-at-the-edge',
      comment: 'Only remote.ts and pages.ts files (and the NATS servers) talk to the outside.',
      severity: 'error',
      from: { path: '^capabilities/', pathNot: `${test}|/(remote|pages|operator|connection)\\.ts$` },
      to: { path: 'node_modules/(@aws-sdk|@nats-io/transport-node)', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: { pathNot: test },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-tests-in-code', severity: 'error', from: { pathNot: test }, to: { path: test } },
    {
      name: 'declared-packages',
      severity: 'error',
      from: { path: '^(?!test)', pathNot: test },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: 'node_modules/(aws-cdk-lib|constructs)',
      },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '^aws-lambda$' } },
  ],
  options: {
    tsPreCompilationDeps: true,
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(node_modules|cdk.out|coverage)' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
}
