import { Terminal } from '../domain/errors.ts'
import type { CommitRequest } from '../domain/git.ts'

export type Trailer = readonly [name: string, value: string]

/** The first line that `git log --oneline` and every git host show whole. */
const subjectLength = 72

/**
 * Subject, body, trailers. Each trailer is one line whatever its value holds, so no value can bring a trailer of its
 * own; and trailers are read from the last paragraph only, so no body can either.
 */
export function commitMessage(request: Pick<CommitRequest, 'subject' | 'body' | 'trailers'>): string {
  const paragraphs = [
    shorten(oneLine(request.subject)),
    ...bodyOf(request),
    request.trailers.map(trailerLine).join('\n'),
  ]
  return `${paragraphs.filter((paragraph) => paragraph !== '').join('\n\n')}\n`
}

export function parseTrailers(message: string): readonly Trailer[] {
  const paragraphs = message.replace(/\n+$/, '').split(/\n{2,}/)
  // The first paragraph is the subject, even when it looks like a trailer.
  const last = paragraphs.length > 1 ? (paragraphs.at(-1) ?? '') : ''
  const trailers = last.split('\n').map((line): Trailer | undefined => {
    const match = /^([A-Za-z][A-Za-z0-9-]*): (.*)$/.exec(line)
    return match ? [match[1] ?? '', match[2] ?? ''] : undefined
  })
  return trailers.every((trailer) => trailer !== undefined) ? trailers : []
}

/** As they read back out of a message. */
export function normalTrailers(trailers: readonly Trailer[]): readonly Trailer[] {
  return trailers.map(([name, value]) => [name, oneLine(value)])
}

function trailerLine([name, value]: Trailer): string {
  if (!/^[A-Za-z][A-Za-z0-9-]*$/.test(name)) {
    throw new Terminal(`${JSON.stringify(name)} is not the name of a commit trailer`, {
      fix: 'use letters, digits and "-"',
    })
  }
  return `${name}: ${oneLine(value)}`
}

function bodyOf(request: Pick<CommitRequest, 'body' | 'trailers'>): readonly string[] {
  const lines = (request.body ?? '').split(/\r\n|\r|\n/).map((line) => line.replace(/\p{Cc}/gu, ' ').trimEnd())
  const body = lines.join('\n').trim()
  return body === '' ? [] : [body]
}

/** Line and paragraph separators count as line ends in some viewers. */
function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .trim()
}

function shorten(subject: string): string {
  if (subject === '') throw new Terminal('a commit needs a subject')
  const characters = Array.from(subject)
  return characters.length <= subjectLength ? subject : `${characters.slice(0, subjectLength - 1).join('')}…`
}
