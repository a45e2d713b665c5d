import { describe, expect, it } from 'vitest'
import { Terminal } from '../../domain/errors.ts'
import { readConfig } from '../config.ts'
import { clientOptions, perTarget } from './clients.ts'

const environment = {
  FAIRWAY_INSTALLATION: 'test',
  FAIRWAY_ACCOUNT: '111122223333',
  AWS_REGION: 'eu-west-1',
  FAIRWAY_TABLE: 't',
  FAIRWAY_BUS: 'b',
}
const own = { account: '111122223333', region: 'eu-central-1' }
const other = { account: '444455556666', region: 'eu-west-1' }

describe('clients', () => {
  it('use the function’s own credentials in its own account, in the region of the cluster', () => {
    expect(clientOptions(readConfig(environment), 'iam', own)).toEqual({ region: 'eu-central-1', maxAttempts: 4 })
  })

  it('never reach into another account with the control plane’s own credentials', async () => {
    const config = readConfig(environment)
    expect(() => clientOptions(config, 'iam', other)).toThrow(Terminal)
    await expect(perTarget((target) => clientOptions(config, 'iam', target))(other)).rejects.toThrow('444455556666')
  })

  it('take on the capability’s role in another account', () => {
    const config = readConfig({
      ...environment,
      FAIRWAY_MEMBER_ROLE: 'arn:aws:iam::{account}:role/fairway-{capability}',
    })
    expect(clientOptions(config, 'iam', other)).toMatchObject({ credentials: expect.any(Function) })
  })

  it('are made once for each account and region', async () => {
    let made = 0
    const remotes = perTarget(() => ({ number: ++made }))
    await Promise.all([remotes(own), remotes(own), remotes(other)])
    expect(made).toBe(2)
  })
})

describe('the configuration', () => {
  it('names every variable that is missing or wrong', () => {
    expect(() => readConfig({ ...environment, FAIRWAY_TABLE: '', FAIRWAY_ACCOUNT: '1' })).toThrow(
      /FAIRWAY_ACCOUNT, FAIRWAY_TABLE/,
    )
  })
})
