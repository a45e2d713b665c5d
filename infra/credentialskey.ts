import { RemovalPolicy } from 'aws-cdk-lib'
import { Key } from 'aws-cdk-lib/aws-kms'
import type { Construct } from 'constructs'
import type { Names } from './names.ts'

/**
 * The key of credentials, one in each account and region that has any. Its policy is the account's own delegation to
 * IAM: who may use it is said by the grants, which let nobody decrypt but through Secrets Manager.
 * https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
 */
export function credentialsKey(scope: Construct, names: Names, disposable: boolean): Key {
  return new Key(scope, 'Key', {
    alias: `alias/${names.with('credentials')}`,
    description: 'Fairway: secrets of the control plane and of workloads, and nothing else',
    enableKeyRotation: true,
    removalPolicy: disposable ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
  })
}
