/** Writes secrets until it is killed, and says of each when it was answered. Arguments: the directory. */
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { systemClock, systemRandom } from '../../domain/effects.ts'
import { place } from './fixture.ts'
import { createAws } from './index.ts'

const aws = createAws({ clock: systemClock, random: systemRandom, ...place, directory: process.argv[2] ?? '' })

for (let number = 0; ; number += 4) {
  const names = [0, 1, 2, 3].map((offset) => `fairway/${number + offset}`)
  await Promise.all(
    names.map(async (Name) => {
      await aws.secretsManager().send(new CreateSecretCommand({ Name, SecretString: 'x'.repeat(2000) }))
      process.stdout.write(`${Name}\n`)
    }),
  )
}
