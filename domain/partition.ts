/**
 * Partitions of AWS: ARNs begin with theirs, host names end in theirs, and no credential of one is worth anything in
 * another. A region's name says which it is in; the SDK decides by the same patterns, and a test holds the two together.
 * https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
 */
const partitions = [
  { id: 'aws-cn', dnsSuffix: 'amazonaws.com.cn', regions: /^cn-/ },
  { id: 'aws-us-gov', dnsSuffix: 'amazonaws.com', regions: /^us-gov-/ },
  { id: 'aws-iso', dnsSuffix: 'c2s.ic.gov', regions: /^us-iso-/ },
  { id: 'aws-iso-b', dnsSuffix: 'sc2s.sgov.gov', regions: /^us-isob-/ },
  { id: 'aws-iso-e', dnsSuffix: 'cloud.adc-e.uk', regions: /^eu-isoe-/ },
  { id: 'aws-iso-f', dnsSuffix: 'csp.hci.ic.gov', regions: /^us-isof-/ },
  { id: 'aws-eusc', dnsSuffix: 'amazonaws.eu', regions: /^eusc-/ },
] as const

/** `aws`, `aws-cn`, `aws-us-gov`, …: the second part of every ARN in this region. */
export function partitionOf(region: string): string {
  return of(region)?.id ?? 'aws'
}

/** What host names of this region's services end in, without a dot before it. */
export function dnsSuffixOf(region: string): string {
  return of(region)?.dnsSuffix ?? 'amazonaws.com'
}

function of(region: string) {
  return partitions.find(({ regions }) => regions.test(region))
}
