/**
 * The table's keys and indexes as data: the CDK app and the local process both create it from this. Both indexes
 * hold keys only: `kind` then never changes after an item is created and `attention` only with `attentionAt`, so
 * that a status update does not write the whole record three times; what they find is read consistently.
 */
export const tableDefinition = {
  partitionKey: { name: 'key', type: 'S' },
  indexes: [
    {
      name: 'attention',
      partitionKey: { name: 'attention', type: 'S' },
      sortKey: { name: 'attentionAt', type: 'N' },
      projection: 'KEYS_ONLY',
    },
    {
      name: 'kind',
      partitionKey: { name: 'kind', type: 'S' },
      sortKey: { name: 'key', type: 'S' },
      projection: 'KEYS_ONLY',
    },
  ],
} as const

/** Kept by the table itself and never seen outside: the sparse index's partition, and who wrote last. */
export const hiddenAttributes = { attention: 'attention', write: 'write' } as const
