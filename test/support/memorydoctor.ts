import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import * as z from 'zod'
import { Terminal } from '../../domain/errors.ts'
import type { GitHubAccess } from '../../flow/doctor/ports.ts'
import type { MemoryGitHost } from '../../git/memoryhost.ts'
import { secretStates } from '../../lambdas/doctor/secrets.ts'
import type { LocalDoctor } from '../../local/doctor.ts'
import type { AwsClients } from '../../local/aws/index.ts'

/** What the doctor looks at outside of AWS, in memory, with what is wrong with it. */
export interface MemoryDoctor extends LocalDoctor {
  readonly wrong: {
    github?: Partial<GitHubAccess>
    /** By URL: what the host says to a push. */
    forbidden: Set<string>
    blueprints: string[]
    portal?: Error
  }
}

const text = z.string().min(1)
const forms = {
  github: z.strictObject({ appId: text, privateKey: text }),
  port: z.strictObject({ clientId: text, clientSecret: text }),
  git: z.array(z.strictObject({ prefix: z.url(), username: text, password: text })),
}

export function memoryDoctor(host: MemoryGitHost, control: ReturnType<AwsClients['secretsManager']>): MemoryDoctor {
  const wrong: MemoryDoctor['wrong'] = { forbidden: new Set(), blueprints: [] }
  const rights = {
    permissions: { metadata: 'read', contents: 'write', checks: 'write', pull_requests: 'read' },
    events: ['push', 'pull_request'],
  }
  const github: GitHubAccess = {
    app: async () => ({ slug: 'fairway-test', ...rights }),
    installation: async () => ({ suspended: false, ...rights }),
    repository: async () => 'acme/policy-admin-services',
  }
  return {
    wrong,
    git: {
      async readable({ url }) {
        await host.intercept?.({ kind: 'look', url })
        return { empty: host.repository(url).branches.size === 0 }
      },
      async writable({ url, branch }) {
        if (wrong.forbidden.has(url)) throw new Terminal(`${url} forbids the push (403)`, { fix: 'let Fairway write' })
        const { branches } = host.repository(url)
        return { empty: branches.size === 0, branch: branches.has(branch) }
      },
    },
    github: {
      app: () => ({ ...github, ...wrong.github }).app(),
      installation: (id) => ({ ...github, ...wrong.github }).installation(id),
      repository: (repository) => ({ ...github, ...wrong.github }).repository(repository),
    },
    portal: {
      connected: async () => true,
      missing: async (blueprints) => {
        if (wrong.portal) throw wrong.portal
        return blueprints.filter((name) => wrong.blueprints.includes(name))
      },
    },
    secret: secretStates(control, 'test', forms),
  }
}

/** As an installer would fill them. */
export const controlSecrets = {
  'webhooks/github': 'webhook secret of github, long enough',
  'webhooks/git/claims-services': 'webhook secret of claims, long enough',
  'webhooks/argocd/dev': 'notifications of dev, long enough',
  'webhooks/argocd/prod': 'notifications of prod, long enough',
  github: JSON.stringify({ appId: '4711', privateKey: '-----BEGIN\nMIIE' }),
  port: JSON.stringify({ clientId: 'port-client', clientSecret: 'secret of the port client' }),
  git: JSON.stringify([{ prefix: 'https://git.example', username: 'fairway', password: 'password of git' }]),
}

export async function fillSecrets(control: ReturnType<AwsClients['secretsManager']>): Promise<void> {
  for (const [name, SecretString] of Object.entries(controlSecrets)) {
    await control.send(new CreateSecretCommand({ Name: `fairway-control/test/${name}`, SecretString }))
  }
}
