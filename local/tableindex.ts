import { type DynamoDBDocumentClient, QueryCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb'

/**
 * dynalite writes an index before the item, so a kill in between can leave an item without its entry, which the
 * sweep would never see. Writing `attentionAt` again puts the entry back.
 */
export async function repairIndex(client: DynamoDBDocumentClient, tableName: string): Promise<number> {
  const indexed = new Map(
    (await all((start) => client.send(new QueryCommand({ ...attention, TableName: tableName, ...start })))).map(
      (entry) => [entry['key'], entry['attentionAt']],
    ),
  )
  const items = await all((start) => client.send(new ScanCommand({ TableName: tableName, ...start })))
  const missing = items.filter(({ key, attentionAt }) => attentionAt !== undefined && indexed.get(key) !== attentionAt)
  for (const { key, attentionAt } of missing) {
    await client.send(
      new UpdateCommand({
        TableName: tableName,
        Key: { key },
        UpdateExpression: 'SET attentionAt = :same',
        ConditionExpression: 'attentionAt = :same',
        ExpressionAttributeValues: { ':same': attentionAt },
      }),
    )
  }
  return missing.length
}

const attention = {
  IndexName: 'attention',
  KeyConditionExpression: 'attention = :one',
  ExpressionAttributeValues: { ':one': '1' },
}

type Entry = Record<string, unknown>

async function all(
  read: (start: {
    ExclusiveStartKey?: Entry
  }) => Promise<{ Items?: Entry[] | undefined; LastEvaluatedKey?: Entry | undefined }>,
): Promise<Entry[]> {
  const found: Entry[] = []
  let next: Entry | undefined
  do {
    const page = await read(next === undefined ? {} : { ExclusiveStartKey: next })
    found.push(...(page.Items ?? []))
    next = page.LastEvaluatedKey
  } while (next !== undefined)
  return found
}
