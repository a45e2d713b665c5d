import { RemovalPolicy } from 'aws-cdk-lib'
import { AttributeType, Billing, ProjectionType, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import { Construct } from 'constructs'
import { tableDefinition } from '../store/definition.ts'
import type { Names } from './names.ts'

export interface StateTableProps {
  readonly names: Names
  /** Deleted with the stack, and deletable. */
  readonly disposable: boolean
}

const types = { S: AttributeType.STRING, N: AttributeType.NUMBER } as const
const projections = { KEYS_ONLY: ProjectionType.KEYS_ONLY } as const

/**
 * The store. Encrypted with the key that DynamoDB owns: the records hold no secret value (P3), and a key of one's own
 * would be one more thing that can stop the control plane and one more call for every read.
 */
export class StateTable extends Construct {
  readonly table: TableV2

  constructor(scope: Construct, id: string, { names, disposable }: StateTableProps) {
    super(scope, id)
    this.table = new TableV2(this, 'Table', {
      tableName: names.base,
      partitionKey: attribute(tableDefinition.partitionKey),
      globalSecondaryIndexes: tableDefinition.indexes.map(({ name, partitionKey, sortKey, projection }) => ({
        indexName: name,
        partitionKey: attribute(partitionKey),
        sortKey: attribute(sortKey),
        projectionType: projections[projection],
      })),
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.dynamoOwnedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: !disposable,
      removalPolicy: disposable ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    })
  }
}

function attribute({ name, type }: { readonly name: string; readonly type: keyof typeof types }) {
  return { name, type: types[type] }
}
