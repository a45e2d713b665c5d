/** AWS without the network: for the local control plane and the simulation tests. */
export { createAws } from './aws.ts'
export { pushImage } from './pushimage.ts'
export {
  registerCluster,
  registerController,
  registerOidcProvider,
  registerPermissionsBoundary,
  registerPodIdentityAgent,
} from './setup.ts'
export type { AwsClients, SimulatedAws } from './aws.ts'
export type { AwsOptions, CallInfo, CallRecord, Fault, Place, ReadLag } from './core/types.ts'
