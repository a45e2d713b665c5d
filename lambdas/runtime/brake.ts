import type { Brake } from '../../flow/source/ports.ts'
import type { Config } from '../config.ts'

export function brakeOf(config: Config): Brake {
  return {
    workloads: config.FAIRWAY_BRAKE_WORKLOADS,
    share: config.FAIRWAY_BRAKE_PERCENT / 100,
    systemShare: config.FAIRWAY_BRAKE_SYSTEM_PERCENT / 100,
  }
}
