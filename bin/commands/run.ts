import { Command, CommanderError } from 'commander'
import { isFairwayError, Terminal } from '../../domain/errors.ts'
import { bootstrapCommand } from './bootstrap.ts'
import { demoCommand } from './demo.ts'
import { doctorCommand } from './doctor.ts'
import { driftCommand } from './drift.ts'
import { exits, Unreachable, Usage, type Exit } from './exit.ts'
import { localCommand } from './local.ts'
import { modeCommand } from './mode.ts'
import { operationCommands } from './operations.ts'
import { renderCommand } from './render.ts'
import { restoreCommand } from './restore.ts'
import { validateCommand } from './validate.ts'

export async function run(argv: readonly string[]): Promise<number> {
  const exit: Exit = { code: 0 }
  const program = new Command('fairway')
    .description('Fairway provisions what platform teams declare, and commits what belongs into clusters.')
    .version('0.1.0')
    .exitOverride()
    .showSuggestionAfterError()
    .showHelpAfterError('(see --help)')
  const commands = [
    validateCommand,
    renderCommand,
    ...operationCommands,
    driftCommand,
    modeCommand,
    doctorCommand,
    restoreCommand,
    bootstrapCommand,
    demoCommand,
    localCommand,
  ]
  for (const command of commands) program.addCommand(command(exit).exitOverride().showSuggestionAfterError())
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exit.code
  } catch (error) {
    return failed(error)
  }
}

function failed(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exits.fine : exits.usage
  if (!isFairwayError(error)) throw error
  console.error(`fairway: ${error.message}`)
  if (error instanceof Terminal && error.fix !== undefined) console.error(`         ${error.fix}`)
  if (error instanceof Usage) return exits.usage
  return error instanceof Unreachable ? exits.unreachable : exits.refused
}
