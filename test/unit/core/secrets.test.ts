import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AmbassadorError } from '../../../src/core/errors.ts';
import { MAX_SECRETS, Secrets, SHORTEST_SECRET, secrets } from '../../../src/core/secrets.ts';

function knowing(...learned: readonly string[]): Secrets {
  const known = new Secrets();
  for (const secret of learned) known.learn(secret);
  return known;
}

describe('secrets', () => {
  it('are redacted wherever they stand, however often', () => {
    assert.equal(
      knowing('hunter22').redact('a hunter22, "hunter22"hunter22'),
      'a [redacted], "[redacted]"[redacted]',
    );
  });

  it('are found in JSON and percent-encoded', () => {
    const secret = 'pass "word"\\/ü';
    const known = knowing(secret);
    assert.equal(known.redactStructured(JSON.stringify({ a: secret })), '{"a":"[redacted]"}');
    assert.equal(known.redact(`/?token=${encodeURIComponent(secret)}&b`), '/?token=[redacted]&b');
  });

  it('are redacted whole when one holds another', () => {
    assert.equal(knowing('abcdefg', 'abcdefghij').redact('abcdefghij abcdefg'), '[redacted] [redacted]');
  });

  it('are not looked for when they are as short as words', () => {
    assert.equal(knowing('a'.repeat(SHORTEST_SECRET - 1)).redact('aaaaaaaaaa'), 'aaaaaaaaaa');
  });

  it('are bounded in number: the oldest is forgotten', () => {
    const known = knowing(...Array.from({ length: MAX_SECRETS + 1 }, (_, i) => `secret<${i}>`));
    assert.equal(known.redact('secret<0> secret<1>'), 'secret<0> [redacted]');
  });

  it('never break JSON, whatever they are', () => {
    const piece = fc.oneof(
      fc.string({ minLength: 1, maxLength: 8 }),
      fc.constantFrom('":"', '","', '123456', 'true,', 'rue,1', ',nu', '},{', '\\"', 'null'),
    );
    const secret = fc.array(piece, { minLength: 1, maxLength: 3 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(fc.array(secret, { maxLength: 3 }), fc.jsonValue(), (learned, value) => {
        const json = JSON.stringify([value, { text: learned, more: [123_456, true, null] }]);
        JSON.parse(knowing(...learned).redactStructured(json));
      }),
    );
  });

  it('are in no error of the request path', () => {
    secrets.learn('only-in-this-unit-test');
    const error = new AmbassadorError('discovery_unavailable', 'Consul said only-in-this-unit-test.');
    assert.equal(error.message, 'Consul said [redacted].');
  });
});
