import type { PlacementSubject, Renderer, TenancySubject } from '../../domain/capability.ts'
import { renderSystem, renderWorkload } from './render.ts'

/** How workloads and systems reach the cluster. Nothing outside Kubernetes, so no `remote.ts` and no `grants.ts`. */
export const argocd: Renderer<PlacementSubject<unknown>, unknown> = { name: 'argocd', render: renderWorkload }

/** The same concern for a system in a cluster. */
export const argocdSystem: Renderer<TenancySubject, unknown> = { name: 'argocd', render: renderSystem }
