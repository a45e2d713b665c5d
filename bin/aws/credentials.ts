import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { fromIni, fromNodeProviderChain } from '@aws-sdk/credential-providers'
import { createInterface } from 'node:readline/promises'
import { Unreachable, Usage } from '../commands/exit.ts'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Who calls, and where: of the standard chain, or of one profile. */
export interface Session {
  readonly region: string
  readonly profile?: string
  readonly credentials: () => Promise<Credentials>
}

/**
 * The region as given, else of the environment, else of the profile; the credentials of the SDK's standard chain:
 * environment, web identity, SSO, profiles that take on roles (asking for an MFA code), processes, instances.
 * https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
export async function openSession(options: { readonly profile?: string; readonly region?: string }): Promise<Session> {
  const { profile } = options
  const region = options.region ?? (await regionOf(profile))
  const init = { mfaCodeProvider: askForCode, clientConfig: { region } }
  // A profile that is named is meant: no other credentials of this machine step in for it.
  const provider = profile === undefined ? fromNodeProviderChain(init) : fromIni({ ...init, profile })
  return {
    region,
    ...(profile === undefined ? {} : { profile }),
    credentials: () =>
      provider().catch((error: unknown) => {
        throw explainCredentials(error, profile)
      }),
  }
}

/** The ARN of the caller; undefined when AWS does not say. */
export async function identityOf({ region, credentials }: Session): Promise<string | undefined> {
  try {
    const client = new STSClient({ region, credentials, maxAttempts: 1 })
    return (await client.send(new GetCallerIdentityCommand({}))).Arn
  } catch {
    return undefined
  }
}

/** An error of the credential chain, or of AWS about credentials, as what to do. */
export function explainCredentials(error: unknown, profile: string | undefined): Unreachable {
  if (error instanceof Unreachable) return error
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  const chosen = profile ?? process.env['AWS_PROFILE']
  const withProfile = chosen === undefined ? '' : ` --profile ${chosen}`
  const details = (fix: string) => ({ cause: error, fix })
  if (/\bsso\b/i.test(message)) {
    return new Unreachable(`the SSO session is not valid: ${message}`, details(`run \`aws sso login${withProfile}\``))
  }
  if (/^Expired|TokenRefreshRequired/.test(name) || /expired/i.test(message)) {
    return new Unreachable('the AWS credentials have expired', details('get new ones, as you got these'))
  }
  if (chosen !== undefined && message.includes(`[${chosen}]`)) {
    const fix = '`aws configure list-profiles` shows which there are'
    return new Unreachable(`the profile ${chosen} gives no credentials: ${message}`, details(fix))
  }
  const fix = 'give --profile, or log in: environment variables, SSO and roles of instances count as well'
  return new Unreachable(`there are no AWS credentials: ${message}`, details(fix))
}

async function regionOf(profile: string | undefined): Promise<string> {
  const { AWS_REGION, AWS_DEFAULT_REGION } = process.env
  const ofEnvironment = AWS_REGION || AWS_DEFAULT_REGION
  if (ofEnvironment) return ofEnvironment
  const client = new CloudFormationClient(profile === undefined ? {} : { profile })
  return client.config.region().catch((cause: unknown) => {
    throw new Usage('in which region?', { cause, fix: 'give --region, set AWS_REGION, or a region in the profile' })
  })
}

async function askForCode(serial: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new Unreachable(`the profile asks for a code of ${serial}, and nobody is here to type it`, {
      fix: 'get temporary credentials first (`aws sts get-session-token`), or use a profile without MFA',
    })
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await terminal.question(`MFA code of ${serial}: `)).trim()
  } finally {
    terminal.close()
  }
}
