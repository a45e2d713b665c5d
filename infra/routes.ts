/** What the HTTP API answers to, all of them POST. `flow/intake` decides the same list: a test holds the two together. */
export const intakeRoutes: readonly string[] = [
  '/webhooks/github',
  '/webhooks/git/{source}',
  '/webhooks/port',
  '/webhooks/argocd/{cluster}',
]
