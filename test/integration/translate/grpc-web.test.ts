// gRPC-Web over HTTP/1.1 to a gRPC server by @grpc/grpc-js, byte for byte.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { GrpcWebDialect } from '../../../src/translate/grpc-web/grpc-web-dialect.ts';
import { ServiceTranslator } from '../../../src/translate/service-translator.ts';
import { eventually } from '../../support/eventually.ts';
import type { LedgerServer } from '../../support/grpc-service.ts';
import { startLedger } from '../../support/grpc-service.ts';
import { callGrpcWeb, grpcWebMessage } from '../../support/grpc-web-client.ts';
import { startHttp2Upstream } from '../../support/http2-upstreams.ts';
import type { ProxyUnderTest } from '../../support/proxy-under-test.ts';
import { startProxy } from '../../support/proxy-under-test.ts';
import { unusedPort } from '../../support/upstreams.ts';

const MAX_MESSAGE = 64 * 1024;

const GZIP = { 'grpc-encoding': 'gzip' };

/** A message that says that it is compressed. */
function gzipped(message: Buffer): Buffer {
  const framed = grpcWebMessage(message);
  framed[0] = 1;
  return framed;
}

/** Messages, of which the kernel's buffers hold only a part. */
const MANY = 500;

interface World {
  readonly proxy: ProxyUnderTest;
  readonly url: (method: string) => string;
}

async function startWorld(t: TestContext, port: number): Promise<World> {
  const proxy = await startProxy(t, {
    services: { ledger: [{ port, tags: ['grpc'] }] },
    translator: new ServiceTranslator([new GrpcWebDialect(MAX_MESSAGE)], () => {}),
  });
  return { proxy, url: (method) => `${proxy.url}/ledger/interop.Ledger/${method}` };
}

async function startWithLedger(t: TestContext): Promise<World & { readonly ledger: LedgerServer }> {
  const ledger = await startLedger(t);
  return { ...(await startWorld(t, ledger.port)), ledger };
}

describe('gRPC-Web', () => {
  it('carries a unary call, with metadata in both directions and trailers in the last frame', async (t) => {
    const { url } = await startWithLedger(t);
    const result = await callGrpcWeb(url('Unary'), {
      content: grpcWebMessage('hello'),
      headers: { 'x-echo': 'over', 'x-echo-bin': Buffer.from([0, 1, 2]).toString('base64') },
    });
    assert.equal(result.status, 200);
    assert.equal(result.headers['content-type'], 'application/grpc-web+proto');
    assert.equal(result.headers['x-echo'], 'over');
    assert.equal(result.headers['grpc-status'], undefined);
    assert.deepEqual(result.messages.map(String), ['hello']);
    assert.equal(result.trailers?.['grpc-status'], '0');
    assert.equal(Buffer.from(result.trailers?.['x-echo-bin'] ?? '', 'base64').toString('hex'), '000102');
  });

  it('carries text, and reads content that is padded piece by piece', async (t) => {
    const { url } = await startWithLedger(t);
    const message = grpcWebMessage('hello, text');
    const inPieces = [message.subarray(0, 4), message.subarray(4, 9), message.subarray(9)]
      .map((piece) => piece.toString('base64'))
      .join('');
    for (const content of [message.toString('base64'), inPieces]) {
      const result = await callGrpcWeb(url('Unary'), {
        contentType: 'application/grpc-web-text',
        content: Buffer.from(content),
      });
      assert.equal(result.headers['content-type'], 'application/grpc-web-text+proto');
      assert.match(result.body.toString('latin1'), /^[A-Za-z0-9+/=]+$/);
      assert.deepEqual(result.messages.map(String), ['hello, text']);
      assert.equal(result.trailers?.['grpc-status'], '0');
    }
    const binaryWanted = await callGrpcWeb(url('Unary'), {
      contentType: 'application/grpc-web-text',
      headers: { accept: 'application/grpc-web' },
      content: Buffer.from(inPieces),
    });
    assert.equal(binaryWanted.headers['content-type'], 'application/grpc-web+proto');
    assert.deepEqual(binaryWanted.messages.map(String), ['hello, text']);
  });

  for (const contentType of ['application/grpc-web', 'application/grpc-web-text']) {
    it(`streams from the server as ${contentType}`, async (t) => {
      const { url } = await startWithLedger(t);
      const content = grpcWebMessage('10,0,20000,5');
      const isText = contentType.endsWith('text');
      const result = await callGrpcWeb(url('ServerStream'), {
        contentType,
        content: isText ? Buffer.from(content.toString('base64')) : content,
      });
      assert.deepEqual(
        result.messages.map(({ length }) => length),
        [10, 0, 20_000, 5],
      );
      assert.equal(result.trailers?.['grpc-status'], '0');
    });
  }

  it('brings each message when the endpoint has sent it', async (t) => {
    let goOn = (): void => {};
    const { port } = await startHttp2Upstream(t, (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.write(grpcWebMessage('first'));
      goOn = () => stream.end(grpcWebMessage('second'));
    });
    const { url } = await startWorld(t, port);
    const result = await callGrpcWeb(url('ServerStream'), {
      content: grpcWebMessage(''),
      onData: (received) => {
        if (received.includes('first')) goOn();
      },
    });
    assert.deepEqual(result.messages.map(String), ['first', 'second']);
  });

  it('waits for a client that does not read', async (t) => {
    let written = 0;
    const { port } = await startHttp2Upstream(t, (stream) => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      const message = grpcWebMessage(Buffer.alloc(60_000));
      const more = (): void => {
        while (written < MANY) {
          written++;
          if (!stream.write(message)) {
            stream.once('drain', more);
            return;
          }
        }
        stream.end();
      };
      more();
    });
    const { url, proxy } = await startWorld(t, port);
    const socket = connect(proxy.port, '127.0.0.1');
    t.after(() => socket.destroy());
    const content = grpcWebMessage('');
    socket.pause();
    socket.write(
      `POST ${new URL(url('ServerStream')).pathname} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/grpc-web\r\n` +
        `content-length: ${content.length}\r\n\r\n`,
    );
    socket.write(content);
    let last = -1;
    await eventually(() => {
      const before = last;
      last = written;
      if (written === 0 || written !== before) throw new Error(`${written} messages written, and more`);
    });
    assert.ok(
      written < MANY,
      `${written} messages were taken from the endpoint for a client that reads none`,
    );
    let received = 0;
    socket.on('data', (chunk) => {
      received += chunk.length;
    });
    socket.resume();
    await eventually(() => {
      if (received < MANY * 60_000) throw new Error(`${received} bytes so far`);
    });
  });

  it('passes on what the endpoint fails with: in the head when there are no messages', async (t) => {
    const { url, proxy } = await startWithLedger(t);
    const failed = await callGrpcWeb(url('Unary'), {
      content: grpcWebMessage('x'),
      headers: { 'x-status': '5', 'x-message': 'no such entry' },
    });
    assert.equal(failed.status, 200);
    const [facts] = await proxy.untilFinished(1);
    assert.equal(facts?.grpcStatus, 5);
    const where = { ...failed.headers, ...failed.trailers };
    assert.equal(where['grpc-status'], '5');
    assert.equal(where['grpc-message'], 'no%20such%20entry');
    assert.deepEqual(failed.messages, []);
    const unknown = await callGrpcWeb(url('Unknown'), { content: grpcWebMessage('x') });
    assert.equal({ ...unknown.headers, ...unknown.trailers }['grpc-status'], '12');
  });

  it('gives the call the time that the client gives it', async (t) => {
    const { url, ledger, proxy } = await startWithLedger(t);
    const result = await callGrpcWeb(url('Unary'), {
      content: grpcWebMessage('x'),
      headers: { 'x-hang': '1', 'grpc-timeout': '50m' },
    });
    assert.equal(result.headers['grpc-status'], '4');
    assert.equal(result.headers['content-type'], 'application/grpc-web+proto');
    assert.equal(ledger.calls(), 1);
    const [facts] = await proxy.untilFinished(1);
    assert.equal(facts?.status, 200);
  });

  it('ends the call when the client leaves', async (t) => {
    const { url, ledger } = await startWithLedger(t);
    const controller = new AbortController();
    const call = callGrpcWeb(url('Unary'), {
      content: grpcWebMessage('x'),
      headers: { 'x-hang': '1' },
      signal: controller.signal,
    });
    await eventually(() => assert.equal(ledger.calls(), 1));
    controller.abort();
    await assert.rejects(call);
    await eventually(() => assert.equal(ledger.cancelled(), 1));
  });

  it('ends a stream whose endpoint breaks off with trailers that say so', async (t) => {
    for (const [send, status] of [
      ['whole', '14'],
      ['part', '14'],
    ] as const) {
      const { port, sessions } = await startHttp2Upstream(t, (stream) => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
        const message = grpcWebMessage('first');
        stream.write(send === 'whole' ? message : Buffer.concat([message, message.subarray(0, 7)]));
      });
      const { url } = await startWorld(t, port);
      const result = await callGrpcWeb(url('ServerStream'), {
        content: grpcWebMessage(''),
        onData: (received) => {
          if (received.includes('first')) for (const session of sessions) session.destroy();
        },
      });
      assert.deepEqual(result.messages.map(String), ['first']);
      assert.equal(result.trailers?.['grpc-status'], status);
      assert.match(result.trailers?.['grpc-message'] ?? '', /broke off/);
    }
  });

  it('says in its own protocol what is wrong with a response', async (t) => {
    const big = grpcWebMessage(Buffer.alloc(MAX_MESSAGE + 1));
    const compressed = Buffer.from(grpcWebMessage('x'));
    compressed[0] = 1;
    for (const [content, fault] of [
      [big, /larger than 65536 bytes/],
      [compressed, /compressed/],
      [grpcWebMessage('whole').subarray(0, 6), /within a message/],
      [grpcWebMessage('whole'), /without a grpc-status/],
    ] as const) {
      const { port } = await startHttp2Upstream(t, (stream) => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
        stream.end(content);
      });
      const { url } = await startWorld(t, port);
      const result = await callGrpcWeb(url('Unary'), { content: grpcWebMessage('x') });
      assert.equal(result.trailers?.['grpc-status'], '13', String(fault));
      assert.match(result.trailers?.['grpc-message'] ?? '', fault);
    }
    const { port } = await startHttp2Upstream(t, (stream) => {
      stream.respond({ ':status': 404, 'content-type': 'text/plain' });
      stream.end('no gRPC here');
    });
    const { url } = await startWorld(t, port);
    const result = await callGrpcWeb(url('Unary'), { content: grpcWebMessage('x') });
    assert.equal(result.status, 200);
    assert.equal(result.headers['grpc-status'], '13');
    assert.equal(result.headers['x-ambassador-error'], 'untranslatable_response');
  });

  it('refuses requests that are not gRPC-Web without asking an endpoint', async (t) => {
    const { url, ledger } = await startWithLedger(t);
    const text = 'application/grpc-web-text';
    const trailers = Buffer.from(grpcWebMessage('x: y\r\n'));
    trailers[0] = 0x80;
    const large = gzipped(gzipSync(Buffer.alloc(MAX_MESSAGE - 1)));
    for (const [call, status, fault] of [
      [{ content: Buffer.from('\0\0\0\0\x09short') }, '3', /within a message/],
      [{ content: trailers }, '3', /not a message/],
      [{ content: grpcWebMessage(Buffer.alloc(MAX_MESSAGE + 1)) }, '8', /maxMessage/],
      [{ content: Buffer.from('AAAA='), contentType: text }, '3', /base64/],
      [{ content: Buffer.from('=AAA'), contentType: text }, '3', /base64/],
      [{ content: grpcWebMessage('x'), contentType: text }, '3', /base64/],
      [{ content: grpcWebMessage('x'), headers: { 'grpc-encoding': 'br' } }, '12', /compressed with br/],
      [{ content: gzipped(Buffer.from('no gzip')), headers: GZIP }, '3', /not gzip/],
      [{ content: gzipped(gzipSync(Buffer.alloc(MAX_MESSAGE + 1))), headers: GZIP }, '8', /maxMessage/],
      [{ content: Buffer.concat([large, large]), headers: GZIP }, '8', /more than 65536 bytes/],
    ] as const) {
      const result = await callGrpcWeb(url('Unary'), call);
      assert.equal(result.status, 200);
      assert.equal(result.headers['grpc-status'], status, String(fault));
      assert.match(String(result.headers['grpc-message']), fault);
      assert.notEqual(result.headers['x-request-id'], undefined);
    }
    assert.equal(ledger.calls(), 0);
  });

  it('takes messages that are compressed by gzip', async (t) => {
    const { url } = await startWithLedger(t);
    const result = await callGrpcWeb(url('Unary'), {
      content: gzipped(gzipSync('a'.repeat(100))),
      headers: GZIP,
    });
    assert.deepEqual(result.messages.map(String), ['a'.repeat(100)]);
  });

  it('refuses in its own protocol when there is no endpoint', async (t) => {
    const { url } = await startWorld(t, await unusedPort());
    const result = await callGrpcWeb(url('Unary'), { content: grpcWebMessage('x') });
    assert.equal(result.status, 200);
    assert.equal(result.headers['grpc-status'], '14');
    assert.equal(result.headers['x-ambassador-error'], 'connect_failure');
    assert.equal(result.body.length, 0);
  });
});
