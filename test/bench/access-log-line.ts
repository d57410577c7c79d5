// What a line of the access log costs, beside the same line made by JSON.stringify: node test/bench/access-log-line.ts

import { randomUUID } from 'node:crypto';
import type { RequestFacts } from '../../src/core/request-facts.ts';
import { AccessLogLines } from '../../src/observe/access-log/access-log-line.ts';
import { plainAccessLogLine } from '../support/plain-access-log-line.ts';
import { attemptFacts, requestFacts } from '../support/request-facts.ts';

const REQUESTS = 1_000;
const ROUNDS = 20;
const REPEATS = 50;

function requests(): RequestFacts[] {
  return Array.from({ length: REQUESTS }, (_, i) =>
    requestFacts({
      requestId: randomUUID(),
      startedAtWall: Date.UTC(2026, 0, 1) + i / 20,
      target: `/payments/charge/${i}${i % 4 === 0 ? '?amount=7' : ''}`,
      attempts: [
        attemptFacts({
          endpointId: `node-${i % 3}/payments-${i % 3}`,
          authority: `10.0.0.${i % 3}:8080`,
          headMs: 0.3 + i / 997,
        }),
      ],
      durationMs: 0.5 + i / 991,
      headMs: 0.4 + i / 993,
      bytesReceived: 0,
    }),
  );
}

/** Nanoseconds of processor time for a line, as one of a batch: the best of several rounds, which others disturbed least. */
function nsPerLine(line: (facts: RequestFacts) => string, of: readonly RequestFacts[]): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    for (let repeat = 0; repeat < REPEATS; repeat++) Buffer.from(of.map(line).join(''));
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, ((user + system) * 1_000) / (REPEATS * of.length));
  }
  return best;
}

const facts = requests();
const lines = new AccessLogLines();
const plain = nsPerLine((one) => plainAccessLogLine(one, 1), facts);
const pieces = nsPerLine((one) => lines.line(one, 1), facts);
console.log(`JSON.stringify: ${Math.round(plain)} ns a line`);
console.log(`from pieces:    ${Math.round(pieces)} ns a line, ${(pieces / plain).toFixed(2)} of it`);
