import { dim, green, red, yellow } from 'yoctocolors'
import type { Outcome } from '../../flow/outcome.ts'
import type { Step } from '../controlplane.ts'

/** What happens, a line each, while it happens. */
export function progressPrinter(print: (line: string) => void): (step: Step) => void {
  const started = Date.now()
  const line = (subject: string, stage: string, text: string) =>
    print(
      `${dim(`${((Date.now() - started) / 1000).toFixed(1).padStart(5)}s`)}  ${subject.padEnd(22)} ${stage.padEnd(9)} ${text}`,
    )
  return ({ function: name, input, output }) => {
    const subject = text(input['workload'] ?? input['system'] ?? input['name'] ?? input['source'])
    if ('capability' in output)
      return outcome(output as unknown as Outcome, (stage, message) => line(subject, stage, message))
    if (name === 'SourceFunction') return sourceRead(output, (message) => line(subject, 'read', message))
    if (name === 'CommitFunction' && output['result'] === 'committed') {
      const repository = text(output['repository'])
        .split('/')
        .at(-1)
        ?.replace(/\.git$/, '')
      return line(
        subject,
        'commit',
        green(`${text(output['commit']).slice(0, 10)} in ${repository}, ${text(output['files'])} files`),
      )
    }
    if (name === 'CheckFunction' && output['result'] === 'written') {
      const said = `${text(output['conclusion'])} at ${text(output['commit']).slice(0, 10)}: ${text(output['title'])}`
      return line(subject, 'check', output['conclusion'] === 'failure' ? red(said) : green(said))
    }
    if (name === 'ReportFunction' && output['phase'] !== undefined && output['result'] !== 'unchanged') {
      const phase = text(output['phase'])
      return line(subject, 'phase', phase === 'Ready' ? green(phase) : phase === 'Failed' ? red(phase) : yellow(phase))
    }
  }
}

function outcome(result: Outcome, line: (stage: string, message: string) => void): void {
  const place = result.cluster === undefined ? '' : dim(` (${result.cluster})`)
  for (const applied of result.applied ?? []) line(result.capability, `${applied}${place}`)
  if (!result.ok)
    line(
      result.capability,
      red(`${result.failure?.message ?? 'failed'}${result.failure?.fix ? `; ${result.failure.fix}` : ''}`) + place,
    )
}

function sourceRead(output: Step['output'], line: (message: string) => void): void {
  const counts = ['created', 'updated', 'unchanged', 'removed', 'problems'].flatMap((key) =>
    Number(output[key]) > 0 ? [`${text(output[key])} ${key}`] : [],
  )
  if (counts.length > 0) line(counts.join(', '))
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}
