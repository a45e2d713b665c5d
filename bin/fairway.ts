#!/usr/bin/env node
import { run } from './commands/run.ts'

// A reader that has seen enough (`| head`) ends the output, not the work.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

process.exitCode = await run(process.argv.slice(2))
