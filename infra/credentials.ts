import { RemovalPolicy } from 'aws-cdk-lib'
import type { Key } from 'aws-cdk-lib/aws-kms'
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import { controlSecretName } from '../domain/names.ts'
import { acknowledge } from './acknowledge.ts'
import { credentialsKey } from './credentialskey.ts'
import type { Names } from './names.ts'

export interface CredentialsProps {
  readonly names: Names
  /** Operators whose keys the control plane holds, as `Cluster.spec.nats.operator` names them. */
  readonly natsOperators: readonly string[]
  /** Sources of type `git`: one webhook secret each. */
  readonly gitSources: readonly string[]
  /** Clusters whose Argo CD confirms removals: one webhook secret each. */
  readonly argocdClusters: readonly string[]
  readonly disposable: boolean
}

/** The key of credentials, and the control plane's own secrets: made empty, a person fills them. */
export class Credentials extends Construct {
  readonly key: Key
  /** Names of the secrets, by what they are for. */
  readonly secrets: readonly { readonly name: string; readonly description: string }[]

  constructor(scope: Construct, id: string, props: CredentialsProps) {
    super(scope, id)
    const removalPolicy = props.disposable ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN
    this.key = credentialsKey(this, props.names, props.disposable)
    this.secrets = secretsOf(props)
    for (const { name, description } of this.secrets) {
      // Without a value, and therefore not the L2 construct, which always generates one.
      const secret = new CfnSecret(this, name.split('/').slice(2).join('-'), {
        name,
        description: `Fairway: ${description}`,
        kmsKeyId: this.key.keyArn,
      })
      secret.applyRemovalPolicy(removalPolicy)
      acknowledge(
        secret,
        'SMG4',
        'what is in it was agreed with somebody else (a git host, Port, Argo CD, a NATS operator), where its rotation begins',
      )
    }
  }
}

function secretsOf({ names, natsOperators, gitSources, argocdClusters }: CredentialsProps) {
  const named = (description: string, ...parts: readonly string[]) => ({
    name: controlSecretName(names.installation, ...parts),
    description,
  })
  return [
    named('the secret that GitHub signs webhooks with', 'webhooks', 'github'),
    named('Port, for its API and its webhooks: {"clientId": "…", "clientSecret": "…"}', 'port'),
    named('the GitHub App: {"appId": "…", "privateKey": "-----BEGIN…"}', 'github'),
    named('git over HTTPS: [{"prefix": "https://…", "username": "…", "password": "…"}]', 'git'),
    ...gitSources.map((source) => named(`signs webhooks of the source ${source}`, 'webhooks', 'git', source)),
    ...argocdClusters.map((cluster) => named(`signs notifications of ${cluster}`, 'webhooks', 'argocd', cluster)),
    ...natsOperators.map((operator) =>
      named(`keys of the NATS operator ${operator}: {"signingKey": "SO…", "systemCredentials": "…"}`, 'nats', operator),
    ),
  ]
}
