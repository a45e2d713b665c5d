import { gitContract } from './git.ts'
import { memoryGitWorld, realGitWorld } from './gitworlds.ts'

gitContract('in memory', memoryGitWorld)
gitContract('over git http-backend', realGitWorld)
