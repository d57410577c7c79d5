// A stream of JSON goes as fast as its client reads.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRegistry } from '@bufbuild/protobuf';
import type { AmbassadorError } from '../../../../src/core/errors.ts';
import type { Exchange, ResponseWriter } from '../../../../src/http/exchange.ts';
import { ClientResponse } from '../../../../src/translate/client-response.ts';
import { GrpcExchange } from '../../../../src/translate/grpc-exchange.ts';
import { frame } from '../../../../src/translate/grpc-frames.ts';
import { JSON_LINES, JsonStreamReceiver } from '../../../../src/translate/json/stream-receiver.ts';
import { wholeBody } from '../../../../src/translate/request-content.ts';

test('a client that does not read holds the endpoint up, until it reads', () => {
  let reads = true;
  const sent: string[] = [];
  const drains: (() => void)[] = [];
  const writer: Partial<ResponseWriter> = {
    data: (chunk) => {
      sent.push(chunk.toString());
      return reads;
    },
    onDrain: (listener) => drains.push(listener),
    end: () => {},
  };
  const head = { scheme: 'http', authority: 'ledger', version: '1.1', expectation: undefined };
  const client = { head, respond: () => writer } as unknown as Exchange;
  const response = new ClientResponse(client);
  const receiver = new JsonStreamReceiver(
    {
      response,
      registry: createRegistry(),
      json: (message) => JSON.stringify(message.toString()),
      refusal: (error: AmbassadorError) => assert.fail(error.message),
    },
    JSON_LINES,
  );
  const taken = new GrpcExchange(client, {
    path: '/ledger.v1.Ledger/ListEntries',
    metadata: [],
    body: wholeBody(Buffer.alloc(0)),
    idempotent: true,
    maxMessage: 100,
    response,
    receiver,
  }).respond({ status: 200, reasonPhrase: '', fields: ['content-type', 'application/grpc'] });
  let drained = 0;
  taken.onDrain(() => drained++);
  assert.equal(taken.data(frame(Buffer.from('a'))), true);
  reads = false;
  assert.equal(taken.data(Buffer.concat([frame(Buffer.from('b')), frame(Buffer.from('c'))])), false);
  for (const drain of drains) drain();
  assert.equal(drained, 1);
  reads = true;
  assert.equal(taken.data(frame(Buffer.from('d'))), true);
  taken.end(['grpc-status', '0']);
  assert.deepEqual(sent, ['"a"\n', '"b"\n', '"c"\n', '"d"\n']);
});
