/** moto's API for services whose SDK clients are no dependency of ours. It looks at who signed, not at the signature. */

export type Json = Readonly<Record<string, unknown>>

export interface Api {
  readonly region: string
  readonly account: string
  /** A service of the JSON protocol: `kms`, `TrentService.DescribeKey`. */
  json(service: string, target: string, body: object): Promise<Json>
  /** A service of resources: `scheduler`, `GET`, `/schedules/x`. A body that is text is sent as it is. */
  rest(service: string, method: string, path: string, body?: object | string): Promise<Json>
}

export function apiAt(
  endpoint: string,
  place: { readonly account: string; readonly region: string },
  accessKeyId: string,
): Api {
  async function ask(service: string, path: string, init: RequestInit, headers: Record<string, string>): Promise<Json> {
    const scope = `${accessKeyId}/20260101/${place.region}/${service}/aws4_request`
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`
    const answer = await fetch(`${endpoint}${path}`, { ...init, headers: { ...headers, authorization } })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`moto answered ${answer.status} to ${service} ${path}: ${text.slice(0, 500)}`)
    return text.startsWith('{') ? (JSON.parse(text) as Json) : {}
  }
  return {
    ...place,
    json: (service, target, body) =>
      ask(
        service,
        '/',
        { method: 'POST', body: JSON.stringify(body) },
        { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' },
      ),
    rest: (service, method, path, body) =>
      ask(
        service,
        path,
        { method, ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }) },
        typeof body === 'string' ? {} : { 'content-type': 'application/json' },
      ),
  }
}
