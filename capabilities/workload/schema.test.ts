import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { workloadFields } from './schema.ts'

const schema = z.strictObject(workloadFields)
const service = { type: 'service', containers: { main: { image: '.' } }, service: { ports: { http: { port: 80 } } } }

describe('what Kubernetes would refuse is refused where it was submitted', () => {
  it.each([
    [
      'a request above its limit',
      main({ resources: { requests: { cpu: '1' }, limits: { cpu: '500m' } } }),
      'requests.cpu',
    ],
    [
      'a memory request above its limit',
      main({ resources: { requests: { memory: '1Gi' }, limits: { memory: '1000Mi' } } }),
      'requests.memory',
    ],
    ['a path that hides the credentials', main({ writable: ['/var/run/fairway/nats'] }), 'writable.0'],
    ['a path of the kernel', main({ writable: ['/proc/self'] }), 'writable.0'],
    ['a path that is written in two ways', main({ writable: ['/cache//x'] }), 'writable.0'],
    ['a path that ends in /', main({ writable: ['/cache/'] }), 'writable.0'],
    ['two ports of one number', ports({ a: { port: 80 }, b: { port: 80 } }), 'ports.b.port'],
    ['a port name with two hyphens in a row', ports({ 'a--b': { port: 80 } }), 'ports.a--b'],
    ['a minute that no hour has', cron('60 3 * * *'), 'schedule.cron'],
    ['a range that runs backwards', cron('0 5-3 * * *'), 'schedule.cron'],
    ['a weekday 8', cron('0 3 * * 8'), 'schedule.cron'],
    ['a step of nothing', cron('*/0 3 * * *'), 'schedule.cron'],
    ['a time zone that does not exist', { ...cron('0 3 * * *', 'Europe/Atlantis') }, 'schedule.timeZone'],
    ['a time zone in the wrong case', { ...cron('0 3 * * *', 'Europe/berlin') }, 'schedule.timeZone'],
  ])('%s', (_, value, path) => {
    const result = schema.safeParse(value)
    expect(result.error?.issues.map((issue) => issue.path.join('.'))).toEqual([expect.stringContaining(path)])
  })

  it('a schedule without five fields is one problem, not two', () => {
    expect(schema.safeParse(cron('@daily')).error?.issues).toHaveLength(1)
  })
})

describe('what Kubernetes accepts is accepted', () => {
  it.each([
    ['equal requests and limits', main({ resources: { requests: { cpu: '0.5' }, limits: { cpu: '500m' } } })],
    ['one port number for two protocols', ports({ a: { port: 53 }, b: { port: 53, protocol: 'UDP' } })],
    ['a plain path', main({ writable: ['/var/cache/app'] })],
    ['words, ranges, lists and steps', cron('*/15 1-5,22 ? jan-jun MON,Wed-fri')],
    ['an alias of a time zone', cron('0 3 * * *', 'Etc/UTC')],
    ['a link to a time zone', cron('0 3 * * *', 'Asia/Kolkata')],
  ])('%s', (_, value) => {
    expect(schema.safeParse(value).error?.issues).toBeUndefined()
  })
})

function main(container: object) {
  return { ...service, containers: { main: { image: '.', ...container } } }
}

function ports(given: object) {
  return { ...service, service: { ports: given } }
}

function cron(text: string, timeZone = 'Europe/Berlin') {
  return { type: 'cronjob', containers: service.containers, schedule: { cron: text, timeZone } }
}
