import { SendTaskFailureCommand, SendTaskSuccessCommand, type SFNClient } from '@aws-sdk/client-sfn'
import { callAws } from '../../domain/awserrors.ts'
import type { Waiters } from '../../domain/handover.ts'

/** Executions that wait with `.waitForTaskToken`. */
export function stepFunctionsWaiters(client: Pick<SFNClient, 'send'>): Waiters {
  return {
    succeed: (taskToken, output) =>
      told(() => client.send(new SendTaskSuccessCommand({ taskToken, output: JSON.stringify(output) }))),
    fail: (taskToken, { type, message, fix }) => {
      // The very form of a function's failure, which flow/outcome.ts reads.
      const cause = JSON.stringify({ errorType: type, errorMessage: message, ...(fix === undefined ? {} : { fix }) })
      return told(() => client.send(new SendTaskFailureCommand({ taskToken, error: type, cause: cut(cause, message) })))
    },
  }
}

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html */
const longestCause = 32_768

function cut(cause: string, message: string): string {
  return cause.length <= longestCause ? cause : JSON.stringify({ errorMessage: message.slice(0, longestCause / 4) })
}

const gone: ReadonlySet<string> = new Set(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken'])

async function told(send: () => Promise<unknown>): Promise<'told' | 'gone'> {
  return callAws('answer an execution that waits for its commit', async () => {
    try {
      await send()
      return 'told'
    } catch (error) {
      if (error instanceof Error && gone.has(error.name)) return 'gone'
      throw error
    }
  })
}
