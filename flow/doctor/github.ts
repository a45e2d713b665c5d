import { failed, ok, skipped, warning, type Check, type Verdict } from './check.ts'
import type { DoctorPorts, GitHubAccess, GitHubRights } from './ports.ts'
import type { NamedSource } from './world.ts'

/**
 * What the App needs: to read sources and write cluster repositories, to show checks, and to look at pull requests.
 * https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
 */
const permissions: Readonly<Record<string, 'read' | 'write'>> = {
  metadata: 'read',
  contents: 'write',
  checks: 'write',
  pull_requests: 'read',
}
const events = ['push', 'pull_request']

type Hosted = Extract<NamedSource['spec'], { type: 'github' }>

/** The App, and for each source of its the installation and the repository by their ids. */
export function gitHubChecks(ports: Pick<DoctorPorts, 'github'>, sources: readonly NamedSource[]): readonly Check[] {
  const { github } = ports
  const hosted = sources.flatMap(({ name, spec }) => (spec.type === 'github' ? [{ name, spec }] : []))
  if (hosted.length === 0) return []
  if (github === undefined) return [unavailable]
  return [appCheck(github), ...hosted.map(({ name, spec }) => installationCheck(github, name, spec))]
}

const unavailable: Check = {
  id: 'github/app',
  what: 'GitHub knows the App',
  fix: '',
  run: async () => skipped('this control plane reads its sources without GitHub'),
}

function appCheck(github: GitHubAccess): Check {
  return {
    id: 'github/app',
    what: 'GitHub knows the App, which has the permissions and events that it needs',
    fix: 'compare the App’s settings on GitHub with docs/github.md',
    run: async () => {
      const { slug, ...rights } = await github.app()
      const lacking = lacks(rights)
      if (lacking.length === 0) return ok(`the App ${slug} has what it needs`)
      const fix = 'add it in the settings of the App, and have its installations accept the change'
      return failed(`the App ${slug} lacks ${lacking.join(', ')}`, fix)
    },
  }
}

function installationCheck(github: GitHubAccess, name: string, spec: Hosted): Check {
  const { installationId, repositoryId } = spec
  return {
    id: `github/${name}`,
    what: `the App is installed where the source ${name} is, and covers its repository`,
    fix: `install the App there, and correct installationId and repositoryId of the Source ${name}`,
    run: async () => {
      const installation = await github.installation(installationId)
      if (installation === undefined) {
        return failed(
          `there is no installation ${installationId} of the App`,
          `install the App for the owner of ${spec.url}, and write the installation’s id into the Source ${name}`,
        )
      }
      if (installation.suspended) {
        return failed(`the installation ${installationId} is suspended`, 'have its owner unsuspend it on GitHub')
      }
      const lacking = lacks(installation)
      if (lacking.length > 0) {
        const fix = 'have the owner of the installation accept the permissions that the App asks for'
        return failed(`the installation ${installationId} lacks ${lacking.join(', ')}`, fix)
      }
      return named(await github.repository({ installationId, repositoryId }), name, spec)
    },
  }
}

/** The repository is found by its id; the URL is for people, and for hosts that know no ids. */
function named(found: string | undefined, source: string, spec: Hosted): Verdict {
  if (found === undefined) {
    const fix = `add the repository to the installation ${spec.installationId}, or correct repositoryId of the Source ${source}`
    return failed(`the installation does not cover a repository with the id ${spec.repositoryId}`, fix)
  }
  const declared = new URL(spec.url).pathname.slice(1).replace(/(\.git)?\/*$/, '')
  if (declared.toLowerCase() === found.toLowerCase()) return ok(`${found} is covered`)
  return warning(
    `the repository ${spec.repositoryId} is called ${found} by now, and the Source says ${declared}`,
    `correct the url of the Source ${source}`,
  )
}

/** `write` covers `read`, and `admin` both. */
function lacks(rights: GitHubRights): readonly string[] {
  const rank = ['read', 'write', 'admin']
  const missing = Object.entries(permissions)
    .filter(([name, needed]) => rank.indexOf(rights.permissions[name] ?? '') < rank.indexOf(needed))
    .map(([name, needed]) => `the permission ${name}: ${needed}`)
  const unheard = events.filter((name) => !rights.events.includes(name)).map((name) => `the event ${name}`)
  return [...missing, ...unheard]
}
