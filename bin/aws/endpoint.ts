import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { partitionOf } from '../../domain/partition.ts'
import { Unreachable, Usage } from '../commands/exit.ts'
import { explainCredentials, type Session } from './credentials.ts'

/** Where an installation's operations begin: an output of the stack `fairway-<installation>`. */
export async function findEndpoint(installation: string, session: Session): Promise<URL> {
  const stack = `fairway-${installation}`
  const { region } = session
  const credentials = await session.credentials()
  const client = new CloudFormationClient({ region, credentials })
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: stack })).catch((error: unknown) => {
    throw explain(error, stack, session)
  })
  const output = Stacks?.[0]?.Outputs?.find(({ OutputKey }) => OutputKey?.endsWith('OperationsUrl'))
  if (output?.OutputValue === undefined) {
    throw new Unreachable(`the stack ${stack} in ${region} has no output OperationsUrl`, {
      fix: 'deploy it again with this version, or give --url',
    })
  }
  return endpointUrl(output.OutputValue)
}

/** Requests are signed, not sealed: they go over TLS, or stay on this machine. */
export function endpointUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const local = url?.hostname === '127.0.0.1' || url?.hostname === 'localhost'
  if (url === undefined || (url.protocol !== 'https:' && !(url.protocol === 'http:' && local))) {
    throw new Usage(`"${text}" is not the URL of a control plane`, {
      fix: 'it begins with https:// and is the output OperationsUrl of its stack',
    })
  }
  return url
}

/** As the host of an API says it; undefined for a domain of your own. */
export function placeOf(url: URL): { readonly api: string; readonly region: string } | undefined {
  const [, api, region] = /^([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\./.exec(url.hostname) ?? []
  return api !== undefined && region !== undefined ? { api, region } : undefined
}

function explain(error: unknown, stack: string, { region, profile }: Session): Unreachable {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  if (name === 'ValidationError' && message.includes('does not exist')) {
    return new Unreachable(`there is no stack ${stack} in ${region}, in this account`, {
      cause: error,
      fix: 'look at --installation, --region and --profile, or give --url',
    })
  }
  if (name.startsWith('AccessDenied')) {
    return new Unreachable(`not permitted to look up the stack: ${message}`, {
      cause: error,
      fix: `it needs cloudformation:DescribeStacks on arn:${partitionOf(region)}:cloudformation:${region}:*:stack/${stack}/*; or give --url`,
    })
  }
  if (/Token|Signature|UnrecognizedClient/.test(name)) return explainCredentials(error, profile)
  return new Unreachable(`CloudFormation in ${region} does not answer: ${name}: ${message}`, {
    cause: error,
    fix: 'look at --region and the network, or give --url',
  })
}
