/** What signs as the App, with the means to give it a key: bundled as one, so that they agree on what a secret is. */
export { appJwt } from '../../git/github/jwt.ts'
export { reveal, SecretValue } from '../../domain/secret.ts'
