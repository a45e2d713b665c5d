import * as z from 'zod'
import { Terminal } from '../domain/errors.ts'

/** The environment of every function, read once. The CDK app sets exactly these (infra/). */
const environment = z.object({
  FAIRWAY_INSTALLATION: z.string().min(1),
  FAIRWAY_ACCOUNT: z.string().regex(/^\d{12}$/),
  AWS_REGION: z.string().min(1),
  FAIRWAY_TABLE: z.string().min(1),
  FAIRWAY_BUS: z.string().min(1),
  FAIRWAY_BOUNDARY: z.string().min(1).default('fairway-boundary'),
  FAIRWAY_SECRET_RECOVERY_DAYS: z.coerce.number().int().min(7).max(30).default(30),
  /** How long a replaced credential goes on working: at least, while it is used, and at most. */
  FAIRWAY_OVERLAP_MINUTES: z.coerce.number().min(0).default(15),
  FAIRWAY_OVERLAP_HOURS: z.coerce.number().positive().default(24),
  FAIRWAY_BRAKE_WORKLOADS: z.coerce.number().int().min(0).default(1),
  /** Of all workloads, and of a system's: more do not go at once without an explicit go. */
  FAIRWAY_BRAKE_PERCENT: z.coerce.number().min(0).max(100).default(10),
  FAIRWAY_BRAKE_SYSTEM_PERCENT: z.coerce.number().min(0).max(100).default(25),
  /** Minutes between two looks at the fleet, and workloads that each of them samples more deeply. */
  FAIRWAY_FLEET_MINUTES: z.coerce.number().positive().default(60),
  FAIRWAY_FLEET_SAMPLE: z.coerce.number().int().min(0).max(100).default(5),
  /** Resources that the sweep has at work at once. */
  FAIRWAY_CONCURRENT: z.coerce.number().int().min(1).max(1000).default(50),
  /** Ids of the accounts, besides its own, that the control plane works in; separated by commas. */
  FAIRWAY_MEMBERS: z
    .string()
    .regex(/^(\d{12}(,\d{12})*)?$/)
    .default('')
    .transform((ids) => ids.split(',').filter((id) => id !== '')),
  /** Template of the role that one capability's function takes on in a member account. */
  FAIRWAY_MEMBER_ROLE: z.string().default(''),
  FAIRWAY_EXTERNAL_ID: z.string().default(''),
  FAIRWAY_CREDENTIALS_KEY: z.string().default(''),
  /** Base URL of GitHub's API; `https://<host>/api/v3` for GitHub Enterprise Server. */
  FAIRWAY_GITHUB_URL: z.url({ protocol: /^https?$/ }).default('https://api.github.com'),
  FAIRWAY_PORT_URL: z.url().default('https://api.port.io'),
  FAIRWAY_COMMIT_NAME: z.string().min(1).default('Fairway'),
  FAIRWAY_COMMIT_EMAIL: z.string().min(3).default('fairway@users.noreply.invalid'),
  /** Bucket of what was rendered and waits for its commit, and URL of the queue that wakes the writers. */
  FAIRWAY_CONTENTS: z.string().default(''),
  FAIRWAY_WRITER_QUEUE: z.string().default(''),
  /** The most that travels in one commit, and how long the writer waits for more where several wait already. */
  FAIRWAY_COMMIT_CHANGES: z.coerce.number().int().min(1).max(1000).default(250),
  FAIRWAY_COMMIT_FILES: z.coerce.number().int().min(1).default(5000),
  FAIRWAY_COMMIT_BYTES: z.coerce.number().int().min(1).default(16_000_000),
  FAIRWAY_COMMIT_GATHER_MILLISECONDS: z.coerce.number().int().min(0).max(10_000).default(500),
  /** A directory that survives between invocations of one instance. */
  FAIRWAY_SCRATCH: z.string().min(1).default('/tmp/fairway'),
})

export type Config = z.infer<typeof environment>

export function readConfig(from: Readonly<Record<string, string | undefined>> = process.env): Config {
  const parsed = environment.safeParse(from)
  if (parsed.success) return parsed.data
  const names = parsed.error.issues.map((issue) => issue.path.join('.'))
  throw new Terminal(`the function's environment lacks or misspells ${names.join(', ')}`)
}

/** Of metrics, which every function has before it reads its configuration. */
export function installationName(from: Readonly<Record<string, string | undefined>> = process.env): string {
  return from['FAIRWAY_INSTALLATION'] || 'none'
}
