/** https://docs.nats.io/reference/reference-protocols/nats-protocol and the WebSocket schemes' own defaults. */
const defaults: Readonly<Record<string, number>> = { nats: 4222, tls: 4222, ws: 80, wss: 443 }

/** Ports of a comma-separated list of NATS URLs, ascending, each once. */
export function natsPorts(urls: string): readonly number[] {
  const ports = urls.split(',').map((url) => {
    const [, scheme = 'nats', port] = /^([a-z]+):\/\/.*?(?::(\d+))?(?:\/.*)?$/.exec(url) ?? []
    return port === undefined ? (defaults[scheme] ?? 4222) : Number(port)
  })
  return [...new Set(ports)].toSorted((a, b) => a - b)
}
