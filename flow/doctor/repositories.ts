import type { NamedCluster } from '../../domain/capability.ts'
import type { SourceSpec } from '../../domain/resources.ts'
import { repositoriesOf } from '../world.ts'
import { failed, ok, type Check } from './check.ts'
import type { DoctorPorts } from './ports.ts'
import type { NamedSource } from './world.ts'

type Ports = Pick<DoctorPorts, 'git'>

/** Sources can be read. */
export function sourceChecks({ git }: Ports, sources: readonly NamedSource[]): readonly Check[] {
  return sources.flatMap(({ name, spec }): readonly Check[] =>
    spec.type === 'port' ? [] : [readable(git, name, spec)],
  )
}

function readable(git: Ports['git'], name: string, spec: Exclude<SourceSpec, { type: 'port' }>): Check {
  return {
    id: `source/${name}`,
    what: `the source ${name} can be read (${spec.url})`,
    fix: `look at the url of the Source ${name}, and at the credentials for its host`,
    run: async () => {
      const { empty } = await git.readable(spec)
      if (!empty) return ok('its branches are listed')
      return failed('it has no commit on its default branch', 'push a first commit, with fairway.yaml or without')
    },
  }
}

/** Cluster repositories can be written: each branch once, however many clusters share it. */
export function repositoryChecks({ git }: Ports, clusters: readonly NamedCluster[]): readonly Check[] {
  return repositoriesOf(clusters).map(({ url, branch, clusters: names }) => ({
    id: `repository/${names.join('+')}`,
    what: `the cluster repository of ${names.join(', ')} can be written (${url}, ${branch})`,
    fix: 'let the user or App that Fairway pushes as write to the repository',
    run: async () => {
      const found = await git.writable({ url, branch })
      // The first commit makes the branch of an empty repository; another branch is somebody's to make.
      if (!found.branch && !found.empty) {
        return failed(
          `there is no branch ${branch}`,
          `create it, or correct spec.repository.branch of Cluster ${names[0]}`,
        )
      }
      const what = found.empty ? 'the repository is empty: the first commit makes the branch' : `${branch} is there`
      return ok(`pushes are let in, and ${what}; whether a rule protects the branch shows at the first push only`)
    },
  }))
}
