import type { Case } from './cases.ts'

/** The table that is printed at the end: what was compared, and what was not and why. */
export function coverage(cases: readonly Case[], agreed: ReadonlySet<Case>, compared: boolean): string {
  const services = [...new Set(cases.map((one) => one.service))]
  const rows = services.map((service) => {
    const own = cases.filter((one) => one.service === service)
    const asked = own.filter((one) => one.moto === undefined).length
    return row(service, own.length, compared ? asked : 0, own.length - asked)
  })
  const alone = cases.filter((one) => one.moto !== undefined)
  return [
    '',
    'Conformance of the simulated AWS',
    row('service', 'cases', 'with moto', 'simulation only'),
    ...rows,
    ...(compared ? [] : ['moto was not asked: no MOTO_SERVER_BIN, no moto_server on PATH, none in .venv/bin']),
    'Simulation only, because:',
    ...alone.map((one) => `  ${one.service}: ${one.rule}: ${agreed.has(one) ? 'MOTO AGREES BY NOW; ' : ''}${one.moto}`),
    '',
  ].join('\n')
}

function row(service: string, ...columns: readonly (string | number)[]): string {
  return `  ${service.padEnd(16)}${columns.map((column) => String(column).padStart(17)).join('')}`
}
