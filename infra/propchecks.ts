import { Duration, Token } from 'aws-cdk-lib'
import { label } from '../domain/resources.ts'
import type { ControlPlaneProps } from './controlplaneprops.ts'

/** Throws with everything that is wrong, so that nobody deploys half of it to be told the next thing. */
export function checkProps(props: ControlPlaneProps): void {
  const problems = [...names(props), ...numbers(props), ...durations(props), ...texts(props)]
  if (problems.length > 0) throw new Error(`ControlPlane "${props.installation}": ${problems.join('; ')}`)
}

type Problems = readonly string[]

/** Each becomes a part of a secret's name, and is written again in a Cluster or a Source. */
function names({ natsOperators, gitSources, argocdClusters }: ControlPlaneProps): Problems {
  return Object.entries({ natsOperators, gitSources, argocdClusters }).flatMap(([what, values = []]) => [
    ...values.flatMap((value) => {
      const issue = label.safeParse(value).error?.issues[0]
      return issue ? [`${what}: "${value}" ${issue.message}`] : []
    }),
    ...values.filter((value, at) => values.indexOf(value) < at).map((value) => `${what}: "${value}" is there twice`),
  ])
}

function numbers(props: ControlPlaneProps): Problems {
  const {
    brakeWorkloads,
    concurrent,
    brakePercent,
    brakeSystemPercent,
    fleetSample,
    secretRecoveryDays,
    throttle,
    operationThrottle,
  } = props
  const { changes, files, bytes, gather } = props.commitLimits ?? {}
  return [
    ...wrong('brakeWorkloads', brakeWorkloads, isWhole(0), 'a whole number from 0'),
    ...wrong('concurrent', concurrent, isWhole(1, 1000), 'a whole number from 1 to 1000'),
    ...wrong('brakePercent', brakePercent, isPart, 'a number from 0 to 100'),
    ...wrong('brakeSystemPercent', brakeSystemPercent, isPart, 'a number from 0 to 100'),
    ...wrong('fleetSample', fleetSample, isWhole(0, 100), 'a whole number from 0 to 100'),
    // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
    ...wrong('secretRecoveryDays', secretRecoveryDays, isWhole(7, 30), 'a whole number from 7 to 30'),
    ...wrong('commitLimits.changes', changes, isWhole(1, 1000), 'a whole number from 1 to 1000'),
    ...wrong('commitLimits.files', files, isWhole(1), 'a whole number from 1'),
    ...wrong('commitLimits.bytes', bytes, isWhole(1), 'a whole number from 1'),
    ...wrong(
      'commitLimits.gather',
      gather?.toMilliseconds(),
      (value) => value >= 0 && value <= 10_000,
      'at most 10 seconds',
    ),
    ...Object.entries({ throttle, operationThrottle }).flatMap(([what, limit]) => [
      ...wrong(`${what}.rate`, limit?.rate, (rate) => rate > 0 && Number.isFinite(rate), 'a number above 0'),
      ...wrong(`${what}.burst`, limit?.burst, isWhole(1), 'a whole number from 1'),
    ]),
  ]
}

function durations({ archiveRetention, unreadyAfter, overlap, fleetEvery, sourcesEvery }: ControlPlaneProps): Problems {
  const seconds = (duration: Duration | undefined) => duration?.toSeconds({ integral: false })
  const day = 24 * 3600
  const { least = Duration.minutes(15), most = Duration.days(1) } = overlap ?? {}
  const [shortest, longest] = [least.toSeconds({ integral: false }), most.toSeconds({ integral: false })]
  return [
    ...wrong('overlap.most', longest, (value) => value > 0, 'a time'),
    ...wrong('overlap.least', shortest, (value) => value <= longest, 'in seconds, at most overlap.most'),
    ...wrong('archiveRetention', seconds(archiveRetention), (value) => value >= day && value % day === 0, 'whole days'),
    // A look takes minutes; and what alarms of looks evaluate lies within a day.
    ...wrong('fleetEvery', seconds(fleetEvery), isFleetPeriod, 'whole minutes, from 5 minutes to 6 hours'),
    ...wrong(
      'sourcesEvery',
      seconds(sourcesEvery),
      (value) => value >= 60 && value <= day && value % 60 === 0,
      'whole minutes, from 1 minute to a day',
    ),
    // A measurement is up to five minutes old, and what fails is tried again for some minutes.
    ...wrong('unreadyAfter', seconds(unreadyAfter), (value) => value >= 15 * 60, 'at least 15 minutes'),
  ]
}

function texts({ portUrl, githubUrl, commitAuthor, externalId, secretsKeys = [] }: ControlPlaneProps): Problems {
  return [
    ...wrong('portUrl', portUrl, isAddress, 'an https address without a slash at its end'),
    ...wrong('githubUrl', githubUrl, isAddress, 'an https address without a slash at its end'),
    // Git ends either at such a character: https://git-scm.com/docs/git-fast-import#_committer
    ...wrong('commitAuthor.name', commitAuthor?.name, (name) => /^[^\s<>][^<>\n]*$/.test(name), 'a name on one line'),
    ...wrong('commitAuthor.email', commitAuthor?.email, (email) => /^[^\s<>@]+@[^\s<>@]+$/.test(email), 'an address'),
    // https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    ...wrong('externalId', externalId, (id) => /^[\w+=,.@:/-]{2,1224}$/.test(id), 'as sts:AssumeRole takes it'),
    ...secretsKeys.flatMap((key) =>
      wrong(
        'secretsKeys',
        key,
        (arn) => /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/.test(arn),
        'the ARN of a KMS key',
      ),
    ),
  ]
}

/** What CloudFormation fills in later cannot be looked at now. */
function wrong<Value extends string | number>(
  what: string,
  value: Value | undefined,
  isRight: (value: Value) => boolean,
  wanted: string,
): Problems {
  if (value === undefined || Token.isUnresolved(value) || isRight(value)) return []
  return [`${what}: ${JSON.stringify(value)} is not ${wanted}`]
}

function isWhole(least: number, most = Number.MAX_SAFE_INTEGER): (value: number) => boolean {
  return (value) => Number.isInteger(value) && value >= least && value <= most
}

function isPart(percent: number): boolean {
  return percent >= 0 && percent <= 100
}

function isFleetPeriod(seconds: number): boolean {
  return seconds % 60 === 0 && seconds >= 5 * 60 && seconds <= 6 * 3600
}

function isAddress(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol === 'https:' && !text.endsWith('/')
}
