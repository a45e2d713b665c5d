import * as z from 'zod'
import { label } from '../../domain/resources.ts'
import { cronProblem } from './cron.ts'
import { credentialsRoot, isMountable } from './mounts.ts'
import { quantity } from './quantity.ts'
import { isTimeZone } from './timezone.ts'

const quantityCpu = z.string().regex(/^(\d+m|\d+(\.\d{1,3})?)$/, 'must be a CPU quantity such as 100m or 0.5')
const quantityMemory = z.string().regex(/^\d+(Ki|Mi|Gi)$/, 'must be a memory quantity such as 128Mi')
const port = z.int().min(1).max(65_535)

const amounts = z.strictObject({
  cpu: quantityCpu.optional().describe('CPU.'),
  memory: quantityMemory.optional().describe('Memory.'),
})

const probe = z
  .strictObject({
    httpGet: z
      .strictObject({
        path: z.string().startsWith('/').max(500).describe('Path of the request, for example /healthz.'),
        port: port.describe('Container port.'),
      })
      .optional()
      .describe('Healthy when this answers 200–399.'),
    exec: z
      .strictObject({ command: z.array(z.string()).min(1).describe('Program and its arguments, without a shell.') })
      .optional()
      .describe('Healthy when this command exits 0.'),
  })
  .refine(
    (value) => (value.httpGet === undefined) !== (value.exec === undefined),
    'must have exactly one of httpGet, exec',
  )

/** Name of an environment variable; those that Fairway sets are refused. */
const variableName = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a name of letters, digits and "_"')
  .refine(
    (name) => !/^(NATS_URL|NATS_CREDS|NATS_INBOX_PREFIX|FAIRWAY_.*|AWS_.*)$/.test(name),
    'this variable is set by Fairway or by AWS; choose another name',
  )

const containerFields = {
  command: z.array(z.string()).min(1).optional().describe('Entry point instead of the image’s.'),
  args: z.array(z.string()).min(1).optional().describe('Arguments.'),
  variables: z
    .record(variableName, z.string())
    .optional()
    .describe('Environment variables. No secrets: those are files.'),
  writable: z
    .array(
      z
        .string()
        .regex(/^\/[A-Za-z0-9._/-]+$/, 'must be an absolute path')
        .refine((path) => !path.split('/').includes('..'), 'must not contain ".."')
        .refine(isMountable, `must be a plain path outside of ${credentialsRoot}, /proc, /sys and /dev`),
    )
    .optional()
    .describe('Paths that are writable and empty at start, besides /tmp; the rest of the file system is read-only.'),
  resources: z
    .strictObject({
      requests: amounts.optional().describe('What is reserved.'),
      limits: amounts.optional().describe('What may be used.'),
    })
    .superRefine(({ requests, limits }, context) => {
      for (const amount of ['cpu', 'memory'] as const) {
        const [request, limit] = [requests?.[amount], limits?.[amount]]
        if (request === undefined || limit === undefined || quantity(request) <= quantity(limit)) continue
        const message = `the request (${request}) is above the limit (${limit})`
        context.addIssue({ code: 'custom', path: ['requests', amount], message })
      }
    })
    .optional()
    .describe('CPU and memory.'),
  livenessProbe: probe.optional().describe('Restart when it fails.'),
  readinessProbe: probe.optional().describe('No traffic while it fails.'),
}

const imageReference = z
  .string()
  .max(500)
  .regex(
    /^(\.|[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)+@sha256:[0-9a-f]{64})$/,
    'must be "." (this workload’s own repository) or a reference with a digest, registry/name@sha256:…',
  )

const container = z.strictObject({
  image: imageReference.describe('"." is this workload’s own ECR repository; others are pinned by digest.'),
  ...containerFields,
})
export type Container = z.infer<typeof container>

const containerName = label

const ports = z
  .record(
    label.max(15, 'a port name has at most 15 characters'),
    z.strictObject({
      port: port.describe('Port of the Service.'),
      targetPort: port.optional().describe('Container port; the same when absent.'),
      protocol: z.enum(['TCP', 'UDP']).default('TCP').describe('Transport protocol.'),
    }),
  )
  .refine((value) => Object.keys(value).length > 0, 'must name at least one port')
  .superRefine((value, context) => {
    const names = new Map<string, string>()
    for (const [name, { port, protocol }] of Object.entries(value)) {
      const other = names.get(`${port}/${protocol}`)
      names.set(`${port}/${protocol}`, name)
      if (other === undefined) continue
      context.addIssue({ code: 'custom', path: [name, 'port'], message: `${port}/${protocol} is "${other}" already` })
    }
  })

const scalingFields = {
  min: z.int().min(1).max(1000),
  max: z.int().min(1).max(1000),
  cpu: z.int().min(10).max(100),
}

const scheduleFields = {
  cron: z
    .string()
    .max(100)
    .regex(/^(\S+\s+){4}\S+$/, 'must have five fields, for example 0 3 * * *')
    .superRefine((value, context) => {
      const message = cronProblem(value)
      if (message !== undefined) context.addIssue({ code: 'custom', message })
    }),
  timeZone: z
    .string()
    .max(64)
    .regex(/^[A-Za-z_]+(\/[A-Za-z_+0-9-]+)*$/, 'must be an IANA time zone such as Europe/Berlin')
    .refine(isTimeZone, 'is no time zone that exists; write it as in Europe/Berlin'),
  concurrency: z.enum(['Allow', 'Forbid', 'Replace']),
}

const schedule = z.strictObject({
  cron: scheduleFields.cron.describe('When, in cron’s five fields.'),
  timeZone: scheduleFields.timeZone.default('Etc/UTC').describe('IANA time zone that `cron` is in.'),
  concurrency: scheduleFields.concurrency.default('Forbid').describe('What happens when the last run is still going.'),
})

export const workloadFields = {
  type: z
    .enum(['service', 'worker', 'cronjob'])
    .describe('service: reachable; worker: runs without being called; cronjob: runs on a schedule.'),
  containers: z
    .record(containerName, container)
    .refine((value) => Object.hasOwn(value, 'main'), 'must have a container called "main"')
    .describe('By name. `main` is the one that ports and probes are about; others run beside it.'),
  service: z
    .strictObject({ ports: ports.describe('By name.') })
    .optional()
    .describe('Ports that others connect to; only for type service.'),
  scaling: z
    .strictObject({
      min: scalingFields.min.default(2).describe('Least number of pods.'),
      max: scalingFields.max.optional().describe('Most; `min` when absent.'),
      cpu: scalingFields.cpu.default(70).describe('Average CPU utilisation, in percent of the request, to scale at.'),
    })
    .prefault({})
    .describe('How many pods; not for type cronjob.'),
  schedule: schedule.optional().describe('Only for type cronjob.'),
}

/** No defaults here: an override changes only what it names. */
export const workloadOverrides = {
  containers: z
    .record(containerName, z.strictObject(containerFields))
    .optional()
    .describe('By name; members replace or add.'),
  scaling: z
    .strictObject({
      min: scalingFields.min.optional().describe('Least number of pods here.'),
      max: scalingFields.max.optional().describe('Most pods here.'),
      cpu: scalingFields.cpu.optional().describe('Average CPU utilisation to scale at here, in percent.'),
    })
    .optional()
    .describe('How many pods in this environment.'),
  schedule: z
    .strictObject({
      cron: scheduleFields.cron.optional().describe('When, in this environment.'),
      timeZone: scheduleFields.timeZone.optional().describe('Time zone in this environment.'),
      concurrency: scheduleFields.concurrency
        .optional()
        .describe('What happens here when the last run is still going.'),
    })
    .optional()
    .describe('Schedule in this environment.'),
}
