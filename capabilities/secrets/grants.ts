import { entryBulkGrants, entryGrants } from '../../secretentries/grants.ts'

/** All of them through secretentries/: this capability calls nothing by itself. */
export const grants = entryGrants

/** A look at the whole place, for the entries of `nats` too. */
export const bulkGrants = entryBulkGrants
