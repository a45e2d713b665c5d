import type { Problem } from './records.ts'

/** A developer portal's boundary. `portals/port/` is the adapter for Port; `portals/memory.ts` the twin. */

export interface PortalRun {
  readonly id: string
  /** The action's identifier in the portal. */
  readonly action: string
  /** Initiator and the teams that the portal itself says they are in. Never taken from the form. */
  readonly initiator: string
  readonly teams: readonly string[]
  readonly inputs: Readonly<Record<string, unknown>>
  readonly finished: boolean
}

export interface PortalAnswer {
  readonly outcome: 'SUCCESS' | 'FAILURE'
  /** Short. */
  readonly label: string
  /** Lines of the run's log. */
  readonly log: readonly string[]
  readonly link?: string
}

export interface PortalEntity {
  readonly blueprint: string
  readonly identifier: string
  readonly title: string
  readonly properties: Readonly<Record<string, unknown>>
  readonly relations: Readonly<Record<string, string | readonly string[]>>
}

export interface Portal {
  /** Undefined when the portal does not know the run. */
  readRun(id: string): Promise<PortalRun | undefined>
  answer(run: string, answer: PortalAnswer): Promise<void>
  upsert(entity: PortalEntity): Promise<void>
}

/** What a form asks for. `text` is a manifest, so that forms and files are validated by the same code. */
export type FormRequest =
  | {
      readonly operation: 'declare'
      readonly text: string
      /** Which input of the form a line of the manifest came from, and which line of that input it is. */
      readonly inputAt: (line: number) => { readonly input: string; readonly line: number } | undefined
    }
  /** `system/name` */
  | { readonly operation: 'retire'; readonly workload: string }
  /** New credentials of `system/name`: all that Fairway makes, or those that are named. */
  | {
      readonly operation: 'rotate'
      readonly workload: string
      readonly cluster?: string
      readonly entry?: string
      /** Without overlap. */
      readonly now?: boolean
    }
  | { readonly operation: 'refused'; readonly problems: readonly Problem[] }
