const thousandths = 1000
const binary: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 }

/**
 * A quantity as the schema admits it, as a number to compare by: thousandths of a CPU, or bytes.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function quantity(text: string): number {
  const [, digits = '', unit = ''] = /^([\d.]+)(m|Ki|Mi|Gi)?$/.exec(text) ?? []
  if (unit === 'm') return Number(digits)
  return Number(digits) * (binary[unit] ?? thousandths)
}
