import type { PlacementSubject, Renderer, TenancySubject } from '../domain/capability.ts'
import type { RenderInputs, TenancyOutput } from '../domain/outputs.ts'
import { argocd, argocdSystem } from './argocd/index.ts'
import { render as iam } from './iam/render.ts'
import { render as nats } from './nats/render.ts'
import { render as secrets } from './secrets/render.ts'
import { render as tenancy } from './tenancy/render.ts'
import { workload } from './workload/index.ts'

/** The folders' renderers, apart from their remotes, so that what commits carries no client it does not call. */
export const placementRenderers: readonly Renderer<PlacementSubject<never>, RenderInputs>[] = [
  { name: 'iam', render: (subject, { iam: output }) => iam(subject, output) },
  { name: 'nats', render: nats },
  { name: 'secrets', render: (subject, { secrets: output }) => secrets(subject, output) },
  workload,
  argocd,
]

export const systemRenderers: readonly Renderer<TenancySubject, TenancyOutput>[] = [
  { name: 'tenancy', render: tenancy },
  argocdSystem,
]
