import assert from 'node:assert/strict';
import { test } from 'node:test';
import { responseIdleMs } from '../../../src/service/idle-time.ts';

const POLICY = { timeout: { request: 1, connect: 1, idle: 60, idleStream: 3_600 } };
const GRPC = ['content-type', 'application/grpc+proto'];

for (const [what, request, response, expected] of [
  ['a page', [], ['content-type', 'text/html'], 60],
  ['content without a type', [], [], 60],
  ['server-sent events', [], ['content-type', 'text/event-stream'], 3_600],
  ['server-sent events with a charset', [], ['Content-Type', 'Text/Event-Stream; charset=utf-8'], 3_600],
  ['what is only called alike', [], ['content-type', 'text/event-streams'], 60],
  ['gRPC', GRPC, GRPC, 3_600],
  ['gRPC that was refused as a page', GRPC, ['content-type', 'text/html'], 3_600],
] as const) {
  test(`${what} may be silent for ${expected} ms`, () => {
    assert.equal(responseIdleMs(POLICY, request, response), expected);
  });
}
