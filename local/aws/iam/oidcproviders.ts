import {
  CreateOpenIDConnectProviderCommand,
  GetOpenIDConnectProviderCommand,
  ListOpenIDConnectProvidersCommand,
} from '@aws-sdk/client-iam'
import type {
  CreateOpenIDConnectProviderCommandInput,
  GetOpenIDConnectProviderCommandInput,
  ListOpenIDConnectProvidersCommandInput,
} from '@aws-sdk/client-iam'
import { read, write } from '../core/operations.ts'
import { toTagList } from '../core/tags.ts'
import { entityExists, invalidInput, noSuchEntity } from './errors.ts'
import { oidcProviders } from './state.ts'
import { withTags } from './validation.ts'
import type { Call } from '../core/operations.ts'

export const oidcProviderOperations = [
  write(CreateOpenIDConnectProviderCommand, createProvider),
  read(GetOpenIDConnectProviderCommand, getProvider),
  read(ListOpenIDConnectProvidersCommand, listProviders),
]

function createProvider(input: CreateOpenIDConnectProviderCommandInput, call: Call) {
  const url = /^https:\/\/([^\s?#]+?)\/?$/.exec(input.Url ?? '')?.[1]
  if (url === undefined) throw invalidInput(call, 'Invalid Open ID Connect Provider URL')
  const arn = `arn:aws:iam::${call.account}:oidc-provider/${url}`
  if (oidcProviders(call).get(arn)) throw entityExists(call, `Provider with url https://${url} already exists.`)
  const tags = withTags(call, {}, input.Tags)
  oidcProviders(call).put(arn, {
    arn,
    url,
    clientIds: input.ClientIDList ?? [],
    thumbprints: input.ThumbprintList ?? [],
    createdAt: call.now,
    tags,
  })
  return { OpenIDConnectProviderArn: arn, Tags: toTagList(tags) }
}

function getProvider(input: GetOpenIDConnectProviderCommandInput, call: Call) {
  const provider = oidcProviders(call).get(input.OpenIDConnectProviderArn ?? '')
  if (!provider) {
    throw noSuchEntity(call, `OpenIDConnect Provider not found for arn ${input.OpenIDConnectProviderArn}`)
  }
  return {
    Url: provider.url,
    ClientIDList: [...provider.clientIds],
    ThumbprintList: [...provider.thumbprints],
    CreateDate: new Date(provider.createdAt),
    Tags: toTagList(provider.tags),
  }
}

function listProviders(_input: ListOpenIDConnectProvidersCommandInput, call: Call) {
  return {
    OpenIDConnectProviderList: oidcProviders(call)
      .all()
      .map((provider) => ({ Arn: provider.arn })),
  }
}
