import { type FairwayError, RetryLater, Terminal } from '../domain/errors.ts'
import type { GitCall } from './remote.ts'

/** Undefined for an answer that speaks git; otherwise what a person has to check, or when to come back. */
export function refusedByStatus(
  response: { readonly status: number; readonly headers: Headers },
  call: GitCall,
  authorised: boolean,
  now: number,
): FairwayError | undefined {
  const { status } = response
  const place = placeOf(call.url)
  if (status === 200) return refusedByType(response.headers, call)
  const notBefore = retryAt(response.headers, now)
  if (status === 408 || status === 429 || status >= 500 || (status === 403 && notBefore !== undefined)) {
    return new RetryLater(`${place} answered ${status}`, notBefore === undefined ? {} : { notBefore })
  }
  if (status >= 300 && status < 400) return moved(response.headers, call)
  // 203: Azure DevOps answers a missing sign-in with its page.
  if (status === 401 || status === 203) return unauthorised(place, status, authorised)
  if (status === 403) {
    return new Terminal(`${place} forbids ${purposeOf(call)} (403)`, {
      fix: `let Fairway’s user ${call.service === 'git-receive-pack' ? 'write to' : 'read'} this repository`,
    })
  }
  if (status === 404) {
    return new Terminal(`${place} was not found (404), or these credentials may not see it`, {
      fix: 'check the URL, and that the credentials of the installation for this host cover the repository',
    })
  }
  return new Terminal(`${place} refused ${purposeOf(call)} (${status})`, {
    fix: status === 413 ? 'raise the git host’s limit for a push' : 'check that the URL is that of a git repository',
  })
}

/** For messages: without user, query and fragment, where credentials could stand. */
export function placeOf(url: string): string {
  if (!URL.canParse(url)) return 'the repository'
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}

function refusedByType(headers: Headers, call: GitCall): Terminal | undefined {
  const expected = `application/x-${call.service}-${call.body === undefined ? 'advertisement' : 'result'}`
  const type = headers.get('content-type')?.split(';')[0]?.trim()
  if (type === expected) return undefined
  return new Terminal(`${placeOf(call.url)} does not answer as a git repository over smart HTTP`, {
    fix: 'register the clone URL (not the page that people open in a browser)',
  })
}

function unauthorised(place: string, status: number, authorised: boolean): Terminal {
  return authorised
    ? new Terminal(`${place} did not accept the credentials (${status})`, {
        fix: 'renew the credentials that the installation holds for this URL',
      })
    : new Terminal(`${place} asks for credentials (${status}), and the installation holds none for it`, {
        fix: 'give the installation credentials for this URL',
      })
}

function moved(headers: Headers, call: GitCall): Terminal {
  const location = headers.get('location') ?? ''
  const target = URL.canParse(location, call.url) ? new URL(location, call.url) : undefined
  // Only a place on the same host is worth repeating; anything else may be an attack on who reads the message.
  const same = target?.host === new URL(call.url).host
  const path = target?.pathname.replace(/\/(info\/refs|git-upload-pack|git-receive-pack)$/, '')
  return new Terminal(`${placeOf(call.url)} redirects elsewhere, which is not followed`, {
    fix: `register the URL that the repository has now${same && target ? `: ${target.origin}${path}` : ''}`,
  })
}

function purposeOf(call: GitCall): string {
  return call.service === 'git-receive-pack' ? 'the push' : 'reading'
}

/** `Retry-After` in seconds or as a date (RFC 9110, 10.2.3); GitHub's limits name `x-ratelimit-reset` in epoch seconds. */
export function retryAt(headers: Headers, now: number): number | undefined {
  const after = headers.get('retry-after')
  if (after !== null && /^\d+$/.test(after.trim())) return now + Number(after) * 1000
  const date = after === null ? Number.NaN : Date.parse(after)
  if (!Number.isNaN(date)) return date
  const reset = headers.get('x-ratelimit-reset')
  if (headers.get('x-ratelimit-remaining') === '0' && reset !== null && /^\d+$/.test(reset)) return Number(reset) * 1000
  return undefined
}
