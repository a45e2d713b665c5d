import {
  DeleteLifecyclePolicyCommand,
  DeleteRepositoryPolicyCommand,
  GetLifecyclePolicyCommand,
  GetRepositoryPolicyCommand,
  PutLifecyclePolicyCommand,
  SetRepositoryPolicyCommand,
} from '@aws-sdk/client-ecr'
import type {
  DeleteLifecyclePolicyCommandInput,
  DeleteRepositoryPolicyCommandInput,
  GetLifecyclePolicyCommandInput,
  GetRepositoryPolicyCommandInput,
  PutLifecyclePolicyCommandInput,
  SetRepositoryPolicyCommandInput,
} from '@aws-sdk/client-ecr'
import { read, write } from '../core/operations.ts'
import { parsePolicy } from '../core/policy.ts'
import { invalid, lifecyclePolicyNotFound, repositoryPolicyNotFound } from './errors.ts'
import { lifecycleProblem } from './lifecycle.ts'
import { repositories, repositoryOf } from './state.ts'
import type { Call } from '../core/operations.ts'
import type { Repository } from './state.ts'

export const policyOperations = [
  write(PutLifecyclePolicyCommand, putLifecyclePolicy),
  read(GetLifecyclePolicyCommand, getLifecyclePolicy),
  write(DeleteLifecyclePolicyCommand, deleteLifecyclePolicy),
  write(SetRepositoryPolicyCommand, setRepositoryPolicy),
  read(GetRepositoryPolicyCommand, getRepositoryPolicy),
  write(DeleteRepositoryPolicyCommand, deleteRepositoryPolicy),
]

function putLifecyclePolicy(input: PutLifecyclePolicyCommandInput, call: Call) {
  const repository = repositoryOf(call, input)
  const text = input.lifecyclePolicyText ?? ''
  // The shortest text that the API takes is 100 characters:
  // https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutLifecyclePolicy.html
  if (text.length < 100 || text.length > 30_720) {
    throw invalid(call, 'lifecyclePolicyText', 'must have length between 100 and 30720')
  }
  const problem = lifecycleProblem(text)
  if (problem !== undefined) throw invalid(call, 'LifecyclePolicyText', problem)
  const lifecyclePolicy = JSON.stringify(JSON.parse(text))
  repositories(call).put(repository.name, { ...repository, lifecyclePolicy })
  return { ...named(call, repository), lifecyclePolicyText: lifecyclePolicy }
}

function getLifecyclePolicy(input: GetLifecyclePolicyCommandInput, call: Call) {
  const repository = repositoryOf(call, input)
  if (repository.lifecyclePolicy === undefined) throw lifecyclePolicyNotFound(call, repository.name)
  return {
    ...named(call, repository),
    lifecyclePolicyText: repository.lifecyclePolicy,
    lastEvaluatedAt: new Date(call.now),
  }
}

function deleteLifecyclePolicy(input: DeleteLifecyclePolicyCommandInput, call: Call) {
  const answer = getLifecyclePolicy(input, call)
  const { lifecyclePolicy: _, ...rest } = repositoryOf(call, input)
  repositories(call).put(rest.name, rest)
  return answer
}

function setRepositoryPolicy(input: SetRepositoryPolicyCommandInput, call: Call) {
  const repository = repositoryOf(call, input)
  const text = input.policyText ?? ''
  if (text.length > 10_240) throw invalid(call, 'PolicyText', 'must have length less than or equal to 10240')
  const parsed = parsePolicy(text, 'repository')
  if ('problem' in parsed) throw invalid(call, 'PolicyText', 'Invalid repository policy provided')
  const policy = asEcrPrintsIt(text)
  repositories(call).put(repository.name, { ...repository, policy })
  return { ...named(call, repository), policyText: policy }
}

function getRepositoryPolicy(input: GetRepositoryPolicyCommandInput, call: Call) {
  const repository = repositoryOf(call, input)
  if (repository.policy === undefined) throw repositoryPolicyNotFound(call, repository.name)
  return { ...named(call, repository), policyText: repository.policy }
}

function deleteRepositoryPolicy(input: DeleteRepositoryPolicyCommandInput, call: Call) {
  const answer = getRepositoryPolicy(input, call)
  const { policy: _, ...rest } = repositoryOf(call, input)
  repositories(call).put(rest.name, rest)
  return answer
}

function named(call: Call, repository: Repository) {
  return { registryId: call.account, repositoryName: repository.name }
}

/**
 * ECR does not give back the bytes it was given: it prints the document anew, indented and with a blank before each
 * colon, so whoever compares bytes sees drift for ever. As in the example of
 * https://docs.aws.amazon.com/AWSJavaScriptSDK/v3/latest/client/ecr/command/GetRepositoryPolicyCommand
 */
function asEcrPrintsIt(text: string): string {
  return JSON.stringify(JSON.parse(text), undefined, 2).replace(/^(\s*"(?:[^"\\]|\\.)*"):/gm, '$1 :')
}
