/* oxlint-disable vitest/no-standalone-expect -- conformance.test.ts runs these inside its tests */
import {
  DeleteSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  UpdateSecretCommand,
} from '@aws-sdk/client-secrets-manager'
import { expect } from 'vitest'
import { casesOf, error } from './cases.ts'
import { Name, createSecret, describeSecret, notFound, scheduledSecret } from './fixture.ts'

const secretsManager = casesOf('secretsManager')

const DAY = 86_400_000

export const secretDeletionCases = [
  secretsManager({
    rule: 'a deleted secret goes when its recovery window ends',
    given: scheduledSecret,
    when: async (aws, deleted) => ({ deleted, secret: await describeSecret(aws) }),
    expected: ({ deleted, secret }) => {
      const days = (Number(deleted.DeletionDate) - Date.now()) / DAY
      expect(days).toBeGreaterThan(6.9)
      expect(days).toBeLessThan(7.1)
      expect(secret.DeletedDate).toBeInstanceOf(Date)
    },
  }),
  secretsManager({
    rule: 'a secret under scheduled deletion cannot be read',
    given: scheduledSecret,
    when: (aws) => aws.secretsManager.send(new GetSecretValueCommand({ SecretId: Name })),
    expected: error('InvalidRequestException'),
  }),
  secretsManager({
    rule: 'a secret under scheduled deletion cannot be written',
    moto: 'writes it; https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html has InvalidRequestException',
    given: scheduledSecret,
    when: (aws) => aws.secretsManager.send(new PutSecretValueCommand({ SecretId: Name, SecretString: 'two' })),
    expected: error('InvalidRequestException'),
  }),
  secretsManager({
    rule: 'a secret under scheduled deletion cannot be updated',
    given: scheduledSecret,
    when: (aws) => aws.secretsManager.send(new UpdateSecretCommand({ SecretId: Name, Description: 'new' })),
    expected: error('InvalidRequestException'),
  }),
  secretsManager({
    rule: 'a name under scheduled deletion is taken, and the error says so',
    moto: 'answers ResourceExistsException; https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html has InvalidRequestException',
    given: scheduledSecret,
    when: (aws) => createSecret(aws, { SecretString: 'two' }),
    expected: error('InvalidRequestException'),
  }),
  secretsManager({
    rule: 'a secret under scheduled deletion cannot be deleted again',
    given: scheduledSecret,
    when: (aws) => aws.secretsManager.send(new DeleteSecretCommand({ SecretId: Name })),
    expected: error('InvalidRequestException'),
  }),
  secretsManager({
    rule: 'a restored secret has its value again',
    given: scheduledSecret,
    when: async (aws) => {
      await aws.secretsManager.send(new RestoreSecretCommand({ SecretId: Name }))
      return aws.secretsManager.send(new GetSecretValueCommand({ SecretId: Name }))
    },
    expected: async ({ SecretString }, _given, aws) => {
      expect(SecretString).toBe('one')
      expect((await describeSecret(aws)).DeletedDate).toBeUndefined()
    },
  }),
  secretsManager({
    rule: 'a secret that is not there cannot be restored',
    when: (aws) => aws.secretsManager.send(new RestoreSecretCommand({ SecretId: Name })),
    expected: notFound,
  }),
  secretsManager({
    rule: 'a recovery window has 7 to 30 days',
    given: (aws) => createSecret(aws),
    when: (aws) => aws.secretsManager.send(new DeleteSecretCommand({ SecretId: Name, RecoveryWindowInDays: 6 })),
    expected: error('InvalidParameterException'),
  }),
  secretsManager({
    rule: 'a window and force exclude each other',
    given: (aws) => createSecret(aws),
    when: (aws) =>
      aws.secretsManager.send(
        new DeleteSecretCommand({ SecretId: Name, RecoveryWindowInDays: 7, ForceDeleteWithoutRecovery: true }),
      ),
    expected: error('InvalidParameterException'),
  }),
  secretsManager({
    rule: 'a forced deletion frees the name at once, and the new secret has another ARN',
    given: (aws) => createSecret(aws),
    when: async (aws) => {
      await aws.secretsManager.send(new DeleteSecretCommand({ SecretId: Name, ForceDeleteWithoutRecovery: true }))
      return createSecret(aws)
    },
    expected: (again, first) => expect(again.ARN).not.toBe(first.ARN),
  }),
  secretsManager({
    rule: 'a forced deletion of what is not there succeeds',
    when: (aws) =>
      aws.secretsManager.send(new DeleteSecretCommand({ SecretId: Name, ForceDeleteWithoutRecovery: true })),
    expected: (deleted) => expect(deleted.DeletionDate).toBeInstanceOf(Date),
  }),
]
