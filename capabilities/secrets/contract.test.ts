import { CreateSecretCommand, UntagResourceCommand } from '@aws-sdk/client-secrets-manager'
import { secretName, tagKeys } from '../../domain/names.ts'
import { awsErrors, countingRandom, secretsOf, surrounded, testAws } from '../../test/contract/provisioner-aws.ts'
import { clusterNamed, installation, systemNamed } from '../../test/contract/provisioner-subjects.ts'
import { provisionerContract } from '../../test/contract/provisioner.ts'
import type { SecretsSubject } from './index.ts'
import { secrets } from './index.ts'

const wanted: SecretsSubject = {
  installation,
  system: systemNamed('policy-admin'),
  workload: 'quotes',
  incarnation: 1,
  cluster: clusterNamed('dev'),
  spec: { secrets: { stripe: { keys: ['apiKey'] }, session: { generate: { length: 32, key: 'value' } } } },
}
const { spec: _spec, ...retired } = wanted
const changed: SecretsSubject = {
  ...wanted,
  spec: { secrets: { session: { generate: { length: 32, key: 'token' } }, signing: { keys: ['pem'] } } },
}
const names = ['stripe', 'session'].map((entry) => secretName('acme', 'dev', 'policy-admin', 'quotes', entry))

provisionerContract({
  provisioner: secrets,
  steadyReads: 2,
  mayStay: (line) => line.includes('"deleted":true'),
  errors: awsErrors,
  world: async (options) => {
    const { aws, now, settle } = testAws(options)
    const outside = aws.outside.secretsManager()
    return {
      remote: { secretsManager: surrounded(aws.secretsManager(), options.around), random: countingRandom() },
      subjects: { wanted, changed, retired },
      now,
      settle,
      inventory: () => secretsOf(aws),
      occupy: async () => {
        const SecretString = JSON.stringify({ value: 'theirs', apiKey: 'theirs' })
        for (const Name of names) await outside.send(new CreateSecretCommand({ Name, SecretString }))
      },
      adoption: {
        stripe: { id: names[0] ?? '', incarnation: 1, adopted: true },
        session: { id: names[1] ?? '', incarnation: 1, adopted: true },
      },
      unmark: async () => {
        const TagKeys = [tagKeys.installation]
        for (const SecretId of names) await outside.send(new UntagResourceCommand({ SecretId, TagKeys }))
      },
    }
  },
})
