import { describe, expect, it } from 'vitest'
import { Usage } from './exit.ts'
import { whereTo } from './where.ts'

const url = 'https://abc.execute-api.eu-west-1.amazonaws.com'

describe('the control plane', () => {
  it.each([
    ['is what is written, whatever the environment says', { dir: 's' }, { kind: 'local', directory: 's' }],
    ['is the URL that is written', { url: 'https://x' }, { kind: 'url', url: 'https://x' }],
    ['is the installation that is written', { installation: 'acme' }, { kind: 'stack', installation: 'acme' }],
    ['else that of the environment', {}, { kind: 'url', url }],
    ['else that, with another profile', { profile: 'p' }, { kind: 'url', url, profile: 'p' }],
  ])('%s', (_, options, expected) => {
    expect(whereTo(options, { FAIRWAY_URL: url })).toEqual(expected)
  })

  it('is main where only a profile or a region says that it is on AWS', () => {
    expect(whereTo({ profile: 'p' }, {})).toEqual({ kind: 'stack', installation: 'main', profile: 'p' })
    expect(whereTo({ region: 'r' }, {})).toEqual({ kind: 'stack', installation: 'main', region: 'r' })
  })

  it.each([{}, { dir: 's', url }, { dir: 's', region: 'r' }, { url, installation: 'acme' }])(
    'is not guessed from %j',
    (options) => {
      expect(() => whereTo(options, { FAIRWAY_URL: '' })).toThrow(Usage)
    },
  )
})
