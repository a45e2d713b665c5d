import { startTable } from '../../local/table.ts'
import { memoryTable } from '../../store/memory.ts'
import { storeContract } from './store.ts'

storeContract('on the table in memory', async () => ({ table: memoryTable(), close: async () => undefined }))

storeContract('on DynamoDB (dynalite)', async () => {
  const { table, stop } = await startTable()
  return { table, close: stop }
})
