// What gRPC's status means for endpoints, metrics and the access log; the calls come over HTTP/2, and the endpoint speaks
// HTTP/1.1, which carries the same fields.

import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:http2';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { startProxy } from '../../../support/proxy-under-test.ts';
import { startUpstream } from '../../../support/upstreams.ts';

interface Called {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
}

function call(t: TestContext, url: string, path: string): Promise<Called> {
  const session = connect(url);
  t.after(() => session.destroy());
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc+proto',
      te: 'trailers',
    });
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    stream.on('response', (each) => {
      headers = each;
    });
    stream.on('trailers', (each) => {
      trailers = each;
    });
    stream.on('close', () => resolve({ headers, trailers }));
    stream.on('error', reject);
    stream.resume();
    stream.end(Buffer.from([0, 0, 0, 0, 0]));
  });
}

test('a status in the trailers is the outcome of the call: for the log, and for the endpoint', async (t) => {
  const upstream = await startUpstream(t, (incoming, response) => {
    incoming.resume();
    response.writeHead(200, { 'content-type': 'application/grpc', trailer: 'grpc-status' });
    response.write(Buffer.from([0, 0, 0, 0, 0]));
    response.addTrailers({ 'grpc-status': incoming.url === '/fine' ? '0' : '14' });
    response.end();
  });
  const sound = await startUpstream(t, (incoming, response) => {
    incoming.resume();
    response.writeHead(200, { 'content-type': 'application/grpc', trailer: 'grpc-status' });
    response.addTrailers({ 'grpc-status': '0' });
    response.end();
  });
  const proxy = await startProxy(t, { services: { ledger: [upstream.port, sound.port] } });
  const fine = await call(t, proxy.url, '/ledger/fine');
  assert.equal(fine.trailers['grpc-status'], '0');
  for (let i = 0; i < 400 && proxy.transitions.length === 0; i++) await call(t, proxy.url, '/ledger/bad');
  assert.ok(proxy.transitions.length > 0, 'nobody was ejected');
  const failed = proxy.finished.find(({ grpcStatus }) => grpcStatus === 14);
  assert.equal(failed?.status, 200);
  assert.equal(proxy.finished[0]?.grpcStatus, 0);
});

test('the ambassador’s own refusals are trailers alone, with the status that says why', async (t) => {
  const proxy = await startProxy(t, { services: { ledger: [] } });
  const unknown = await call(t, proxy.url, '/nobody/x.Y/Z');
  assert.equal(unknown.headers[':status'], 200);
  assert.equal(unknown.headers['grpc-status'], '12');
  assert.equal(unknown.headers['x-ambassador-error'], 'unknown_service');
  assert.match(String(unknown.headers['grpc-message']), /nobody/);
  const empty = await call(t, proxy.url, '/ledger/x.Y/Z');
  assert.equal(empty.headers['grpc-status'], '14');
  assert.deepEqual(empty.trailers, {});
  assert.deepEqual(
    proxy.finished.map(({ grpcStatus }) => grpcStatus),
    [12, 14],
  );
});

test('a response that breaks off ends with a status that says so, and one of HTTP alone is what clients make of it', async (t) => {
  const upstream = await startUpstream(t, (incoming, response) => {
    incoming.resume();
    if (incoming.url === '/html') {
      response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>');
      return;
    }
    response.writeHead(200, { 'content-type': 'application/grpc', trailer: 'grpc-status' });
    response.write(Buffer.from([0, 0, 0, 0, 0]), () => response.destroy());
  });
  const proxy = await startProxy(t, { services: { ledger: [upstream.port] } });
  const { headers, trailers } = await call(t, proxy.url, '/ledger/broken');
  assert.deepEqual([headers[':status'], trailers['grpc-status']], [200, '14']);
  assert.match(String(trailers['grpc-message']), /^ledger at 127\.0\.0\.1:\d+: .*clos/);
  const page = await call(t, proxy.url, '/ledger/html');
  assert.equal(page.headers[':status'], 502);
  assert.deepEqual(
    proxy.finished.map(({ status, grpcStatus, reason }) => [status, grpcStatus, reason]),
    [
      [200, 14, 'upstream_reset'],
      [502, 14, undefined],
    ],
  );
});
