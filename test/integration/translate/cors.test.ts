// What a browser asks of a translated service and receives, request by request.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GrpcWebDialect } from '../../../src/translate/grpc-web/grpc-web-dialect.ts';
import { ServiceTranslator } from '../../../src/translate/service-translator.ts';
import { startLedger } from '../../support/grpc-service.ts';
import { callGrpcWeb, grpcWebMessage } from '../../support/grpc-web-client.ts';
import { startProxy } from '../../support/proxy-under-test.ts';

const ORIGIN = 'https://app.example';

describe('pages of other origins', () => {
  it('that may call get the fields of CORS in the preflight, in the response and in a refusal; the others get nothing', async (t) => {
    const ledger = await startLedger(t);
    const allowedOrigins = [ORIGIN];
    const proxy = await startProxy(t, {
      services: { ledger: [{ port: ledger.port, tags: ['grpc'] }] },
      translator: new ServiceTranslator(
        [new GrpcWebDialect(1_024)],
        () => {},
        () => allowedOrigins,
      ),
      strangers: { allowedOrigins },
    });
    const url = `${proxy.url}/ledger/interop.Ledger/Unary`;
    const preflight = (origin: string): Promise<Response> =>
      fetch(url, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type,x-grpc-web',
        },
      });
    const allowed = await preflight(ORIGIN);
    assert.equal(allowed.status, 204);
    assert.equal(allowed.headers.get('access-control-allow-origin'), ORIGIN);
    assert.equal(allowed.headers.get('access-control-allow-headers'), 'content-type,x-grpc-web');
    const refused = await preflight('https://evil.example');
    assert.equal(refused.status, 403);
    assert.equal(refused.headers.get('access-control-allow-origin'), null);

    const call = (origin: string, size: number) =>
      callGrpcWeb(url, {
        headers: { origin, 'x-echo': 'mine' },
        content: grpcWebMessage(Buffer.alloc(size)),
      });
    const result = await call(ORIGIN, 3);
    assert.equal(result.headers['access-control-allow-origin'], ORIGIN);
    assert.match(String(result.headers['access-control-expose-headers']), /grpc-status, .*x-echo/);
    assert.equal(result.trailers?.['grpc-status'], '0');
    const tooLarge = await call(ORIGIN, 2_000);
    assert.equal(tooLarge.headers['grpc-status'], '8');
    assert.equal(tooLarge.headers['access-control-allow-origin'], ORIGIN);
    const stranger = await call('https://evil.example', 3);
    assert.equal(stranger.status, 403);
    assert.equal(stranger.headers['access-control-allow-origin'], undefined);
    assert.equal(ledger.calls(), 1);
  });
});
