import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readHealthRows } from '../../../../src/discovery/consul/consul-health.ts';
import { HealthDecoder } from '../../../../src/discovery/consul/health-decoder.ts';
import { healthAnswer } from '../../../bench/scale/health-answer.ts';
import { healthRow } from '../../../support/scripted-consul.ts';

const PLAIN = { taggedAddress: undefined };

/** A decoder that counts its turns of the event loop. */
function decoder() {
  const turns = { count: 0 };
  const pause = async () => void turns.count++;
  const read = new HealthDecoder(PLAIN, pause);
  return { turns, decode: (text: string) => read.decode(Buffer.from(text)) };
}

/** As it would be read at once. */
function whole(text: string) {
  return readHealthRows(JSON.parse(text), PLAIN);
}

describe('an answer read by difference', () => {
  it('is what it would be if it were read at once', async () => {
    const { decode, turns } = decoder();
    const text = healthAnswer(500);
    assert.deepEqual(await decode(text), whole(text));
    assert.ok(turns.count >= 5, `${turns.count} turns`);
  });

  it('is the same list while nothing changes, and otherwise has the same endpoints but for those that changed', async () => {
    const { decode } = decoder();
    const first = await decode(healthAnswer(500));
    assert.equal(await decode(healthAnswer(500)), first);
    const changed = await decode(healthAnswer(500, 1));
    assert.deepEqual(changed, whole(healthAnswer(500, 1)));
    assert.notEqual(changed?.endpoints[0], first?.endpoints[0]);
    for (let i = 1; i < 500; i++) assert.equal(changed?.endpoints[i], first?.endpoints[i]);
  });

  it('is read by difference too where the agent writes white space, as it does in development mode', async () => {
    const { decode, turns } = decoder();
    const pretty = (changes: number) => JSON.stringify(JSON.parse(healthAnswer(500, changes)), undefined, 4);
    const first = await decode(pretty(0));
    assert.deepEqual(first, whole(pretty(0)));
    assert.ok(turns.count >= 5, `${turns.count} turns`);
    const changed = await decode(pretty(1));
    for (let i = 1; i < 500; i++) assert.equal(changed?.endpoints[i], first?.endpoints[i]);
  });

  it('gives back the memory of the answer before the last, and never that of one it still goes by', async () => {
    const read = new HealthDecoder(PLAIN);
    const inMemory = async (changes: number) => {
      const text = healthAnswer(100, changes);
      const memory = read.takeSpare() ?? Buffer.allocUnsafeSlow(2 * text.length);
      const answer = memory.subarray(0, memory.write(text));
      assert.deepEqual(await read.decode(answer), whole(text), `${changes}`);
      return answer.buffer;
    };
    const first = await inMemory(0);
    const second = await inMemory(1);
    assert.equal(await inMemory(2), first);
    assert.equal(await inMemory(3), second);
    // One that was fetched and not read, since its index had not changed, is not handed out again.
    assert.equal(read.takeSpare()?.buffer, first);
    assert.equal(read.takeSpare(), undefined);
    assert.notEqual(await inMemory(4), second);
  });

  it('has the same endpoints when rows are put in and left out', async () => {
    const { decode } = decoder();
    const rows = JSON.parse(healthAnswer(300)) as object[];
    const first = await decode(JSON.stringify(rows));
    const byId = new Map(first?.endpoints.map((endpoint) => [endpoint.id, endpoint]));
    const others = [...rows.slice(3, 100), healthRow('new'), ...rows.slice(110)];
    const second = await decode(JSON.stringify(others));
    assert.deepEqual(second, whole(JSON.stringify(others)));
    const kept = second?.endpoints.filter((endpoint) => byId.get(endpoint.id) === endpoint).length;
    assert.equal(kept, others.length - 1);
  });

  it('takes no longer turn when every row is another', async () => {
    const { decode, turns } = decoder();
    await decode(healthAnswer(1_000));
    turns.count = 0;
    await decode(healthAnswer(1_000, 1_000));
    assert.ok(turns.count >= 10, `${turns.count} turns`);
  });

  for (const text of [
    '',
    '[',
    '{}',
    'null',
    'x'.repeat(40_000),
    `[${' '.repeat(40_000)}`,
    `${'['.repeat(40_000)}`,
  ]) {
    it(`${JSON.stringify(text.slice(0, 10))} of ${text.length} characters is no list`, async () => {
      await decoder()
        .decode(text)
        .then(
          (read) => assert.equal(read, undefined),
          (error) => assert.ok(error instanceof SyntaxError),
        );
    });
  }

  it('is empty when it is an empty list, however it is written', async () => {
    for (const text of ['[]', ` [ ] \n`, `[${' '.repeat(40_000)}]`, `${' '.repeat(40_000)}[]`]) {
      assert.deepEqual(await decoder().decode(text), { endpoints: [], malformed: 0 });
    }
  });

  const output = fc.oneof(
    fc.string(),
    fc.constantFrom('},{"Node":{', ']', '[', '"},{"Node":{"', '\\"},{\\"Node\\":{', '\u2028', '\ud800'),
  );
  const row = fc
    .record({ id: fc.integer({ min: 0, max: 30 }), output, padding: fc.integer({ min: 0, max: 3_000 }) })
    .map(({ id, output: said, padding }) => ({
      ...healthRow(`i${id}`),
      Checks: [{ CheckID: 'c', Name: said, Status: 'critical', Output: said + ' '.repeat(padding) }],
      Nested: [{ Node: { Node: said } }, { Node: {} }],
    }));
  const rows = fc.array(fc.oneof({ weight: 9, arbitrary: row }, { weight: 1, arbitrary: fc.jsonValue() }), {
    maxLength: 60,
  });

  it('is what it would be if it were read at once, whatever the rows are and whatever came before', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(rows, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        async (answers, pretty) => {
          const { decode } = decoder();
          for (const answer of answers) {
            // Beyond the size up to which it is read at once.
            const text = JSON.stringify(
              [...answer, { Padding: 'x'.repeat(33_000) }],
              undefined,
              pretty ? 1 : 0,
            );
            assert.deepEqual(await decode(text), whole(text));
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});
