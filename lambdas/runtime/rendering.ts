import { placementRenderers, systemRenderers } from '../../capabilities/renderers.ts'
import type { PlacementSubject, TenancySubject } from '../../domain/capability.ts'
import type { OwnedTree } from '../../domain/git.ts'
import type { PlacementOutputs, TenancyOutput } from '../../domain/outputs.ts'
import { renderPlacement, renderSystem } from '../../flow/render.ts'

/** The flow's renderings with all capabilities' renderers. */
export const rendering = {
  render: (subject: PlacementSubject<object>, outputs: PlacementOutputs, deployable: boolean): OwnedTree =>
    renderPlacement<never>(subject as PlacementSubject<never>, { ...outputs, deployable }, placementRenderers),
  renderSystem: (subject: TenancySubject, output: TenancyOutput): OwnedTree =>
    renderSystem(subject, output, systemRenderers),
}
