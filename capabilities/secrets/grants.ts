import { entryGrants } from '../../secretentries/grants.ts'

/** All of them through secretentries/: this capability calls nothing by itself. */
export const grants = entryGrants
