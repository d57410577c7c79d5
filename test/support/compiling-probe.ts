// Run with --allow-natives-syntax: tells whether a hot function is compiled by V8's last compiler before and after it
// is to be fast.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { becomeLean, speedUp } from '../../src/cli/lean-process.ts';

/** In what V8 says of a function: `OptimizationStatus::kTurboFanned` of its runtime.h. */
const BY_THE_LAST_COMPILER = 1 << 5;

/** Turns of thousands of calls: far more than the last compiler waits for. */
const TURNS = 500;

const statusOf = new Function('f', 'return %GetOptimizationStatus(f)') as (f: unknown) => number;

function hot(n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += i % 7;
  return sum;
}

async function isCompiledWithin(turns: number): Promise<boolean> {
  for (let turn = 0; turn < turns; turn++) {
    for (let call = 0; call < 2_000; call++) hot(20);
    if ((statusOf(hot) & BY_THE_LAST_COMPILER) !== 0) return true;
    await nextTurn();
  }
  return false;
}

becomeLean();
const before = await isCompiledWithin(TURNS);
speedUp();
const afterwards = await isCompiledWithin(TURNS * 20);
process.stdout.write(JSON.stringify({ before, afterwards }));
