import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Check } from '../../core/conformance/claims.ts'
import { conformance } from '../../core/conformance/conformance.ts'
import { roundRobin } from '../../plugins/index.ts'
import { BROKEN } from './broken-strategies.ts'

for (const [mistake, { use, claims, found }] of Object.entries(BROKEN)) {
  test(`a strategy that ${mistake} fails the kit, and for that reason`, () => {
    const complaints = conformance(use, claims).flatMap(complaint)
    for (const [check, reason] of Object.entries(found)) {
      assert.ok(
        complaints.some((told) => told.startsWith(check) && reason.test(told)),
        `"${check}" did not find ${reason}; what was found: ${complaints.join('; ')}`,
      )
    }
  })
}

/** The name of a check that fails, and what it says. */
function complaint({ name, run }: Check): string[] {
  try {
    run()
    return []
  } catch (error: unknown) {
    return [`${name}: ${String(error)}`]
  }
}

test('a claim that is none is refused, since nothing would test it', () => {
  const claiming = (claims: object) => () => conformance(roundRobin, claims)
  assert.throws(claiming({ weigths: 'turns' }), {
    name: 'TypeError',
    message: 'unknown claim "weigths"; did you mean "weights"?',
  })
  assert.throws(claiming({ fair: 'turn' }), {
    message: 'the claim "fair" must be "turns", "chance", "none", a number, got "turn"',
  })
  assert.throws(
    claiming({ cost: 'O(2)' }),
    /"cost" must be "O\(1\)", "O\(log n\)", "O\(n\)", got "O\(2\)"$/,
  )
  assert.throws(claiming({ judges: 'yes' }), /"judges" must be true, false, got "yes"$/)
  assert.throws(claiming({ moves: Number.NaN }), /"moves" must be a number, got NaN$/)
  assert.throws(claiming({ choices: '2' }), /"choices" must be a number, got "2"$/)
  assert.ok(
    claiming({ fair: 0.25, weights: 'load', choices: 3, judges: true, moves: 0 })().length > 0,
  )
})
