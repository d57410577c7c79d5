// Endpoints that do not speak what the service is configured for are named in the response.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startProxy } from '../../../support/proxy-under-test.ts';
import { startTcpUpstream } from '../../../support/upstreams.ts';

/** Byte for byte what such servers send when they are spoken to in HTTP, or before they are. */
const GREETINGS: readonly (readonly [string, Buffer, RegExp])[] = [
  ['TLS', Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x16]), /looks like TLS: set tls: \{\}/],
  [
    'HTTP/2',
    Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0xff, 0xff]),
    /looks like HTTP\/2: set protocol: h2c/,
  ],
  ['MySQL', Buffer.from('\x4a\0\0\0\x0a8.0.36\0\x08\0\0\0', 'latin1'), /looks like MySQL: protocol: tcp/],
  [
    'a MariaDB that knows us not',
    Buffer.from("\x45\0\0\0\xffj\x04Host '10.0.0.1' is not allowed", 'latin1'),
    /looks like MySQL/,
  ],
  ['PostgreSQL', Buffer.from('E\0\0\0\x8fSFATAL\0VFATAL\0C0A000\0', 'latin1'), /looks like PostgreSQL/],
  ['Redis', Buffer.from("-ERR unknown command 'Host:'\r\n"), /looks like Redis/],
  ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.2p1\r\n'), /looks like SSH/],
  ['SMTP', Buffer.from('220 mail.test ESMTP Postfix\r\n\r\n'), /looks like SMTP or FTP/],
  ['Cassandra', Buffer.from([0x84, 0, 0, 0, 0, 0, 0, 0, 0x44]), /looks like Cassandra/],
  ['IMAP', Buffer.from('* OK IMAP4rev1 ready\r\n'), /looks like IMAP/],
  ['something else', Buffer.from('hello there, how are you?'), /not an HTTP\/1\.1 response \("hello t"\)$/],
];

interface Spoken {
  /** Without having been spoken to. */
  readonly first: boolean;
  readonly bytes: Buffer;
}

const INSTEAD_OF_HTTP2: readonly (readonly [string, Spoken, RegExp])[] = [
  [
    'a database that speaks first',
    { first: true, bytes: Buffer.from('\x4a\0\0\0\x0a8.0.36\0\x08\0\0\0', 'latin1') },
    /not HTTP\/2: it looks like MySQL: protocol: tcp/,
  ],
  [
    'a database that is asked and closes',
    { first: false, bytes: Buffer.from("-ERR unknown command 'PRI'\r\n") },
    /not HTTP\/2: it looks like Redis/,
  ],
  [
    'HTTP/1.1',
    { first: false, bytes: Buffer.from('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n') },
    /not HTTP\/2: it speaks HTTP\/1\.1: set protocol: http/,
  ],
  [
    'something else',
    { first: true, bytes: Buffer.from('hello there, how are you?') },
    /not HTTP\/2: does it speak HTTP\/1\.1 \(protocol: http\)/,
  ],
];

describe('an endpoint that speaks something else than HTTP', () => {
  for (const [name, greeting, expected] of GREETINGS) {
    it(`is named in the 502: ${name}`, async (t) => {
      const upstream = await startTcpUpstream(t, (socket) =>
        socket.once('data', () => socket.write(greeting)),
      );
      const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
      const response = await fetch(`${proxy.url}/payments/charge`, { method: 'POST', body: 'x' });
      const { reason, detail } = (await response.json()) as { reason: string; detail: string };
      assert.equal(response.status, 502);
      assert.equal(reason, 'upstream_protocol_error');
      assert.match(detail, expected);
    });
  }

  for (const [name, spoken, expected] of INSTEAD_OF_HTTP2) {
    it(`is named where HTTP/2 was expected: ${name}`, async (t) => {
      const upstream = await startTcpUpstream(t, (socket) => {
        if (spoken.first) socket.write(spoken.bytes);
        else socket.once('data', () => socket.end(spoken.bytes));
      });
      const proxy = await startProxy(t, {
        services: { payments: [{ port: upstream.port, tags: ['h2c'] }] },
      });
      const response = await fetch(`${proxy.url}/payments/charge`, { method: 'POST', body: 'x' });
      const { reason, detail } = (await response.json()) as { reason: string; detail: string };
      assert.deepEqual([response.status, reason], [502, 'upstream_protocol_error'], detail);
      assert.match(detail, expected);
    });
  }

  it('is doubted where HTTP/2 was expected and it ends the connection without a byte', async (t) => {
    const upstream = await startTcpUpstream(t, (socket) => socket.once('data', () => socket.end()));
    const proxy = await startProxy(t, {
      services: { payments: [{ port: upstream.port, tags: ['h2c'] }] },
    });
    const response = await fetch(`${proxy.url}/payments/charge`, { method: 'POST', body: 'x' });
    const { reason, detail } = (await response.json()) as { reason: string; detail: string };
    assert.equal(reason, 'connect_failure');
    assert.match(detail, /said nothing of HTTP\/2: does it speak HTTP\/2 at this port, and not TLS/);
  });

  it('is doubted where it ends the connection without a byte, and not once it has responded', async (t) => {
    let responds = true;
    const upstream = await startTcpUpstream(t, (socket) =>
      socket.on('data', () => {
        if (responds) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
        else socket.end();
      }),
    );
    const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
    const detailOf = async (): Promise<string> => {
      const response = await fetch(`${proxy.url}/payments/charge`, { method: 'POST', body: 'x' });
      const { detail } = (await response.json()) as { detail: string };
      return detail;
    };
    assert.equal((await fetch(`${proxy.url}/payments/charge`)).status, 200);
    responds = false;
    assert.match(await detailOf(), /closed the connection without a response$/);
    assert.match(
      await detailOf(),
      /without a response \(it has sent nothing so far: does it speak HTTP at this port, and not TLS, .*\?\)$/,
    );
  });
});
