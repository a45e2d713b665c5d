import type { Grant } from '../domain/grants.ts'
import { centralGrants, memberGrants, placementGrants } from './stagegrants.ts'
import { stageNames, stages, type Stage } from './stages.ts'

/** docs/grants.md: what each function may do, from the very data that its role is made of. */
export function grantsReference(): string {
  return [introduction, ...stageNames.map(section)].join('\n')
}

const introduction = `# Grants

Generated from the grants of the capabilities and \`infra/stagegrants.ts\` by \`node bin/generate.ts\`; do not edit it. What
they mean is in [permissions](permissions.md).

Each function's role has exactly the statements of its sections, and everything else is denied. \`\${region}\` is the
region of the control plane; where placements are it is each region that is listed for the account, and \`\${account}\` is
the account of the cluster. \`\${member}\` is each member account, \`\${credentialsKey}\` the key of credentials,
\`\${boundary}\` the name of the permissions boundary.
`

function section(stage: Stage): string {
  const { description } = stages[stage]
  return [
    `## ${stage}\n\n${description}.\n`,
    ...part('Where the control plane is:', centralGrants(stage)),
    ...part(
      'Where placements are, in this account and, as a role of the same name, in members:',
      placementGrants[stage],
    ),
    ...part('Into member accounts:', memberGrants(stage)),
  ].join('\n')
}

function part(title: string, grants: readonly Grant[] = []): string[] {
  if (grants.length === 0) return []
  const head = '| statement | actions | resources | only if |\n| --- | --- | --- | --- |'
  return [`${title}\n`, head, ...grants.map(row), '']
}

function row({ sid, actions, resources, conditions = {} }: Grant): string {
  const only = Object.entries(conditions).flatMap(([operator, keys]) =>
    Object.entries(keys).map(([key, value]) => `\`${key}\` ${wordOf(operator)} ${codes([value].flat())}`),
  )
  return `| ${sid} | ${codes(actions)} | ${codes(resources)} | ${only.join('<br>')} |`
}

function codes(values: readonly string[]): string {
  return values.map((value) => `\`${value}\``).join('<br>')
}

function wordOf(operator: string): string {
  const words: Readonly<Record<string, string>> = { StringEquals: 'is', StringEqualsIfExists: 'is, if given,' }
  return words[operator] ?? operator
}
