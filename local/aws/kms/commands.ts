import type { KeyAnswer, KmsCommand } from '../../../lambdas/doctor/kms.ts'

/** What administrators do with keys, and Fairway never: for setting up. */
export class CreateKeyCommand implements KmsCommand<KeyAnswer> {
  readonly operation = 'CreateKey'
  readonly input = {}
  declare readonly output?: KeyAnswer
}

export class DisableKeyCommand implements KmsCommand<object> {
  readonly operation = 'DisableKey'
  readonly input: { readonly KeyId: string }
  declare readonly output?: object
  constructor(input: { readonly KeyId: string }) {
    this.input = input
  }
}
