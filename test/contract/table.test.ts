import { startTable } from '../../local/table.ts'
import { memoryTable } from '../../store/memory.ts'
import { tableContract } from './table.ts'

tableContract('in memory', async () => ({ table: memoryTable(), close: async () => undefined }))

tableContract('DynamoDB (dynalite)', async () => {
  const { table, stop } = await startTable()
  return { table, close: stop }
})
