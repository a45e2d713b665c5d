import { manifest, push, startWorld } from './controlplane.ts'

/** A control plane on the directory of argument 1 that is killed when the first change is at the step of argument 2. */
const [directory = '', at = ''] = process.argv.slice(2)

const world = await startWorld(directory, undefined, {
  onStep: ({ function: called, input }) => {
    const step = [called, input['operation']].filter(Boolean).join(' ')
    const mine = called === 'WriteFunction' ? JSON.stringify(input) : String(input['workload'] ?? input['name'])
    if (step === at && mine.includes(called === 'WriteFunction' ? 'reconcile-workload' : 'claims/one'))
      process.kill(process.pid, 'SIGKILL')
  },
})
await push(world, 'claims-services', { 'fairway.yaml': manifest('one') })
