import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call, Send, Stage } from '../../../src/policy/call.ts';
import type { PipelineStages } from '../../../src/service/pipeline.ts';
import { PIPELINE_ORDER, pipeline } from '../../../src/service/pipeline.ts';
import { testCall } from '../../support/resilience-calls.ts';

const EXPECTED = [
  'shadow',
  'fallback',
  'faults',
  'coalescing',
  'responseStore',
  'limits',
  'circuitBreaker',
  'retry',
  'hedging',
] as const;

function recording(names: readonly (keyof PipelineStages)[], into: string[]): PipelineStages {
  const noting =
    (name: string): Stage =>
    (next) =>
    (call) => {
      into.push(name);
      return next(call);
    };
  const stages = EXPECTED.map((name) => [name, names.includes(name) ? [noting(name)] : []]);
  return Object.fromEntries(stages);
}

const innermost =
  (into: string[]): Send =>
  () => {
    into.push('dispatch');
    return Promise.reject(new Error('the end'));
  };

test('a call meets the policies in the order that is stated', async () => {
  assert.deepEqual([...PIPELINE_ORDER], [...EXPECTED]);
  const met: string[] = [];
  const call: Call = testCall();
  await assert.rejects(pipeline(recording(EXPECTED, met), innermost(met))(call));
  assert.deepEqual(met, [...EXPECTED, 'dispatch']);
});

test('a policy that is off is not in the way', async () => {
  const met: string[] = [];
  await assert.rejects(pipeline(recording(['retry'], met), innermost(met))(testCall()));
  assert.deepEqual(met, ['retry', 'dispatch']);
});
