import { createHash } from 'node:crypto'

/**
 * Stands in bundles for the SHA-1 that isomorphic-git brings for browsers (infra/bundling.ts): what it calls of it is
 * what Node's own has. A constructor that returns another object makes that one.
 * https://tc39.es/ecma262/#sec-ecmascript-function-objects-construct-argumentslist-newtarget
 */
export default function Sha1() {
  return createHash('sha1')
}
