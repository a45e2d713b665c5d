import type { Renderer } from '../../domain/capability.ts'
import type { RenderInputs } from '../../domain/outputs.ts'
import { render } from './render.ts'
import type { Subject } from './spec.ts'

/** What runs the workload and makes it reachable. Nothing outside Kubernetes, so no `remote.ts` and no `grants.ts`. */
export const workload: Renderer<Subject, RenderInputs> = { name: 'workload', render }
