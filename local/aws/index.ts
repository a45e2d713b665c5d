/** The simulated AWS: https://aws.amazon.com without the network, for the local control plane and the simulation tests. */
export { createAws } from './aws.ts'
export { pushImage } from './pushimage.ts'
export { registerCluster, registerOidcProvider, registerPermissionsBoundary } from './setup.ts'
export type { AwsClients, SimulatedAws } from './aws.ts'
export type { PushedImage } from './pushimage.ts'
export type {
  AwsOptions,
  CallCounts,
  CallInfo,
  CallRecord,
  Fault,
  Place,
  Quotas,
  ReadLag,
  Service,
} from './core/types.ts'
