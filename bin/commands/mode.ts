import { Argument, type Command } from 'commander'
import { fleetModes, type FleetMode } from '../../domain/fleet.ts'
import { ofFleet } from '../../flow/modes.ts'
import type { ModesReport } from '../../flow/operations/model.ts'
import { carryOut, examples, operation, type Options } from './carryout.ts'
import { Usage, type Exit } from './exit.ts'
import { modeLines } from './modelines.ts'
import { withTarget } from './target.ts'

interface ModeOptions extends Options {
  readonly why?: string
}

export function modeCommand(exit: Exit): Command {
  return operation('mode', 'Show how the fleet is reconciled, or set it for all Systems.')
    .addArgument(
      new Argument(
        '[mode]',
        'repair: drift is repaired; report: it is told and not repaired; paused: nothing is reconciled',
      ).choices(fleetModes),
    )
    .option('--why <text>', 'for whoever meets it')
    .addHelpText(
      'after',
      `\nOne System alone says \`spec.reconcile\` in its manifest; the stricter of the two holds.\n${examples(
        'fairway mode --dir ./state',
        'fairway mode paused --why "incident 4711" --installation acme',
        'fairway mode repair --installation acme',
      )}`,
    )
    .action((mode: FleetMode | undefined, options: ModeOptions) => {
      const { why } = options
      if (mode !== undefined)
        return carryOut(exit, options, { operation: 'mode', mode, ...(why === undefined ? {} : { why }) })
      if (why !== undefined) throw new Usage('--why is for a mode that is set', { fix: 'name the mode' })
      return withTarget(options, async (target) => {
        const { modes } = await target.operate({ operation: 'status', modes: true })
        if (modes === undefined) return
        if (options.json) console.log(JSON.stringify(modes, null, 2))
        else print(modes)
      })
    })
}

function print({ setting, before, systems }: ModesReport): void {
  if (setting.mode === 'repair') console.log(ofFleet(setting))
  for (const line of modeLines({ fleet: setting, systems })) console.log(line)
  for (const one of before) console.log(`  before: ${ofFleet(one)}`)
}
