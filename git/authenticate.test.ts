import { expect, it } from 'vitest'
import { SecretValue } from '../domain/secret.ts'
import { gitCredentials } from './authenticate.ts'

const known = (prefix: string) => ({ prefix, username: prefix, password: new SecretValue('x') })
const credentials = gitCredentials([
  known('https://git.example.com'),
  known('https://git.example.com/team/'),
  known('http://127.0.0.1:8080'),
])
const userFor = async (url: string) => (await credentials(url))?.username

it('the longest prefix by whole segments wins', async () => {
  expect(await userFor('https://git.example.com/other/x.git')).toBe('https://git.example.com')
  expect(await userFor('https://git.example.com/team/x.git')).toBe('https://git.example.com/team/')
  expect(await userFor('https://git.example.com/team-b/x.git')).toBe('https://git.example.com')
  expect(await userFor('https://GIT.example.com:443/team/x.git')).toBe('https://git.example.com/team/')
})

it.each([
  'https://git.example.com.evil.org/team/x.git',
  'https://evil.org/https://git.example.com/team/x.git',
  'https://git.example.com@evil.org/team/x.git',
  'https://git.example.com:8443/team/x.git',
  'http://git.example.com/team/x.git',
  'http://127.0.0.1:8081/x.git',
  'not a url',
])('another host, port or scheme gets nothing: %s', async (url) => {
  expect(await userFor(url)).toBeUndefined()
})

it('dots in a path do not lead into another group', async () => {
  expect(await userFor('https://git.example.com/team/../other/x.git')).toBe('https://git.example.com')
})
