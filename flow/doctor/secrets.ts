import type { NamedCluster } from '../../domain/capability.ts'
import { controlSecretName } from '../../domain/names.ts'
import { failed, ok, skipped, warning, type Check, type Verdict } from './check.ts'
import type { ControlSecret, DoctorPorts, SecretState } from './ports.ts'
import type { NamedSource } from './world.ts'

interface Wanted extends ControlSecret {
  readonly what: string
  /** What to write into it. */
  readonly example: string
  /** How the stack is told to make it. */
  readonly made: string
  /** When it is not there, or empty. */
  readonly missing: (state: SecretState['state'], fix: string) => Verdict
}

type Ports = Pick<DoctorPorts, 'secret' | 'installation' | 'github'>

const always = 'deploy the control plane’s stack, which makes it empty'
const random = 'the secret as it was entered on the other side: 32 random bytes or more, as text'

/** The control plane's own secrets that these sources and clusters need. Of the values only the form is looked at. */
export function secretChecks(
  ports: Ports,
  sources: readonly NamedSource[],
  clusters: readonly NamedCluster[],
): readonly Check[] {
  const wanted = [
    ...(has(sources, 'github') ? gitHub.filter(({ form }) => form === 'webhook' || ports.github !== undefined) : []),
    ...(sources.length > 0 || clusters.length > 0 ? [port(has(sources, 'port')), git] : []),
    ...sources.filter(({ spec }) => spec.type === 'git').map(({ name }) => gitWebhook(name)),
    ...clusters.map(({ name }) => argocdWebhook(name)),
  ]
  return wanted.map((secret) => check(ports, secret))
}

function has(sources: readonly NamedSource[], type: string): boolean {
  return sources.some(({ spec }) => spec.type === type)
}

const gitHub: readonly Wanted[] = [
  {
    names: ['webhooks', 'github'],
    form: 'webhook',
    what: 'the secret that GitHub signs webhooks with',
    example: random,
    made: always,
    missing: failedIs('no webhook of GitHub is taken'),
  },
  {
    names: ['github'],
    form: 'github',
    what: 'the key of the GitHub App',
    example: '{"appId": 123456, "privateKey": "-----BEGIN…"}',
    made: always,
    missing: failedIs('no source of type github can be read'),
  },
]

/** The client secret also signs Port's webhooks. */
function port(declares: boolean): Wanted {
  return {
    names: ['port'],
    form: 'port',
    what: 'the credentials of Port',
    example: '{"clientId": "…", "clientSecret": "…"}',
    made: always,
    missing: declares ? failedIs('no form of Port is taken') : () => skipped('empty: nothing is told to Port'),
  }
}

const git: Wanted = {
  names: ['git'],
  form: 'git',
  what: 'the credentials of git hosts',
  example: '[{"prefix": "https://git.example.com", "username": "…", "password": "…"}]',
  made: always,
  missing: () => skipped('empty: repositories that GitHub’s App does not cover are reached without credentials'),
}

function gitWebhook(source: string): Wanted {
  return {
    names: ['webhooks', 'git', source],
    form: 'webhook',
    what: `the secret that webhooks of the source ${source} are signed with`,
    example: random,
    made: `name ${source} in gitSources of the ControlPlane and deploy its stack, which makes it empty`,
    missing: (state, fix) => warning(`it is ${said(state)}: pushes are found by the schedule only, minutes later`, fix),
  }
}

function argocdWebhook(cluster: string): Wanted {
  return {
    names: ['webhooks', 'argocd', cluster],
    form: 'webhook',
    what: `the secret that Argo CD’s notifications from ${cluster} are signed with`,
    example: random,
    made: `name ${cluster} in argocdClusters of the ControlPlane and deploy its stack, which makes it empty`,
    missing: (state, fix) =>
      warning(`it is ${said(state)}: removals wait for \`fairway retire … --confirm ${cluster}\``, fix),
  }
}

function failedIs(consequence: string): Wanted['missing'] {
  return (state, fix) => failed(`it is ${said(state)}: ${consequence}`, fix)
}

function said(state: SecretState['state']): string {
  return state === 'absent' ? 'not there' : state === 'empty' ? 'empty' : 'scheduled for deletion'
}

function check(ports: Ports, secret: Wanted): Check {
  const name = controlSecretName(ports.installation.name, ...secret.names)
  const fill = `write ${secret.example} into it: aws secretsmanager put-secret-value --secret-id ${name} --secret-string file://…`
  return {
    id: `secret/${secret.names.join('/')}`,
    what: `${secret.what} (${name})`,
    fix: `look at it: aws secretsmanager describe-secret --secret-id ${name}`,
    run: async () => {
      const found = await ports.secret({ names: secret.names, form: secret.form })
      switch (found.state) {
        case 'filled':
          return ok('filled, in the right form')
        case 'malformed':
          return failed(`it ${found.reason}`, fill)
        case 'absent':
          return secret.missing('absent', `${secret.made}; then ${fill}`)
        case 'empty':
          return secret.missing('empty', fill)
        case 'scheduled-deletion':
          return secret.missing(
            'scheduled-deletion',
            `restore it: aws secretsmanager restore-secret --secret-id ${name}`,
          )
      }
    },
  }
}
