/**
 * NATS subjects are tokens joined by dots; `*` is any one token, a last `>` is any one or more.
 *
 * True when everything that `subject` can match lies under `prefix`, where a prefix means itself and all below
 * it: `quotes` is `quotes` and `quotes.>`. Looking at one prefix at a time loses nothing: tokens are unbounded, so
 * no finite list of prefixes covers a wildcard unless one of them does.
 */
export function liesUnder(subject: string, prefix: string): boolean {
  const wanted = subject.split('.')
  const allowed = prefix.split('.')
  for (const [index, token] of allowed.entries()) {
    const own = wanted[index]
    if (own === undefined) return false
    if (token === '>') return true
    // One or more tokens lie under `*` only where the prefix asks for no more than this one.
    if (own === '>') return token === '*' && index === allowed.length - 1
    if (token !== '*' && token !== own) return false
  }
  return true
}
