import type { Context } from 'aws-lambda'

/** Any of the project's handlers: middy takes the event and Lambda's context. */
export type Handler = (event: never, context: Context) => unknown

let invocations = 0

/** Calls a handler as Lambda does, with a context of its own. */
export async function invoke(name: string, handler: Handler, event: unknown, timeout: number): Promise<unknown> {
  invocations += 1
  const started = performance.now()
  const context: Context = {
    callbackWaitsForEmptyEventLoop: false,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${name}`,
    memoryLimitInMB: '512',
    awsRequestId: `local-${process.pid}-${invocations}`,
    logGroupName: name,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, timeout - (performance.now() - started)),
    done: () => undefined,
    fail: () => undefined,
    succeed: () => undefined,
  }
  return handler(event as never, context)
}
