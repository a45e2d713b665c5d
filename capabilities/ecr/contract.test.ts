import { CreateRepositoryCommand, UntagResourceCommand } from '@aws-sdk/client-ecr'
import { tagKeys } from '../../domain/names.ts'
import { awsErrors, repositories, surrounded, testAws } from '../../test/contract/provisioner-aws.ts'
import { clusterNamed, installation, systemNamed } from '../../test/contract/provisioner-subjects.ts'
import { provisionerContract } from '../../test/contract/provisioner.ts'
import type { EcrSubject } from './index.ts'
import { ecr } from './index.ts'

const repositoryName = 'policy-admin/quotes'
const resourceArn = `arn:aws:ecr:eu-west-1:111111111111:repository/${repositoryName}`

const elsewhere = clusterNamed('prod', {
  aws: { account: '222222222222', region: 'eu-west-1', cluster: 'prod-1' },
})

const wanted: EcrSubject = {
  installation,
  system: systemNamed('policy-admin', { deletionPolicy: 'delete' }),
  workload: 'quotes',
  incarnation: 1,
  clusters: [clusterNamed('dev')],
  spec: { image: { track: 'main-*' }, environments: { dev: {} } },
}
const { spec: _spec, ...retired } = wanted

provisionerContract({
  provisioner: ecr,
  steadyReads: 5,
  errors: awsErrors,
  world: async (options) => {
    const { aws, now, settle } = testAws(options)
    const outside = aws.outside.ecr()
    return {
      remote: { ecr: surrounded(aws.ecr(), options.around) },
      subjects: { wanted, changed: { ...wanted, clusters: [...wanted.clusters, elsewhere] }, retired },
      now,
      settle,
      inventory: () => repositories(aws),
      occupy: async () => {
        await outside.send(new CreateRepositoryCommand({ repositoryName }))
      },
      adoption: { repository: { id: resourceArn, incarnation: 1, adopted: true } },
      unmark: async () => {
        await outside.send(new UntagResourceCommand({ resourceArn, tagKeys: [tagKeys.installation] }))
      },
    }
  },
})
