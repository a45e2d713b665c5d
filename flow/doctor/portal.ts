import { failed, ok, skipped, type Check } from './check.ts'
import type { DoctorPorts } from './ports.ts'

/** As shipped in examples/portal/port. */
export const blueprints = ['fairway_system', 'fairway_workload', 'fairway_placement']

export function portalChecks({ portal }: Pick<DoctorPorts, 'portal'>): readonly Check[] {
  return [
    {
      id: 'port',
      what: 'Port takes the credentials and has the blueprints',
      fix: 'look at the credentials, and at the base URL of Port’s API (portUrl of the ControlPlane)',
      run: async () => {
        if (!(await portal.connected())) return skipped('no credentials: nothing is told to Port')
        const missing = await portal.missing(blueprints)
        if (missing.length === 0) return ok('it does')
        const fix = 'create them in Port as examples/portal/port has them (docs/portal.md)'
        return failed(`Port has no blueprint ${missing.join(', ')}`, fix)
      },
    },
  ]
}
