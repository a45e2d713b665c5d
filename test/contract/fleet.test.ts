import { startTable } from '../../local/table.ts'
import { memoryTable } from '../../store/memory.ts'
import { fleetContract } from './fleet.ts'

fleetContract('on the table in memory', async () => ({ table: memoryTable(), close: async () => undefined }))

fleetContract('on DynamoDB (dynalite)', async () => {
  const { table, stop } = await startTable()
  return { table, close: stop }
})
