import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { detectInside, detectProtocol } from '../../../src/listener/detect.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

describe('the protocol of a connection', () => {
  for (const [what, bytes, protocol] of [
    ['a request', 'GET / HTTP/1.1\r\n', 'http/1.1'],
    ['a method that begins like the preface of HTTP/2', 'PRINT / HTTP/1.1\r\n', 'http/1.1'],
    ['the preface of HTTP/2', PREFACE, 'h2'],
    ['the preface with frames behind it', `${PREFACE}\0\0\0`, 'h2'],
    ['a handshake of TLS', '\x16\x03\x01\x02\x00', 'tls'],
    ['the PROXY protocol, version 1', 'PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n', 'proxy-protocol'],
    ['the PROXY protocol, version 2', '\r\n\r\n\0\r\nQUIT\n\x21', 'proxy-protocol'],
    ['an empty line before a request', '\r\nGET / HTTP/1.1\r\n', 'http/1.1'],
    ['anything else', 'hello', 'http/1.1'],
  ] as const) {
    it(`is recognised by ${what}`, () =>
      assert.equal(detectProtocol(Buffer.from(bytes, 'latin1')), protocol));
  }

  it('is not decided while more bytes could still tell', () => {
    for (let length = 1; length < PREFACE.length; length++) {
      assert.equal(detectProtocol(Buffer.from(PREFACE.slice(0, length))), undefined);
    }
    assert.equal(detectProtocol(Buffer.from('\x16')), undefined);
    assert.equal(detectProtocol(Buffer.alloc(0)), undefined);
  });
});

test('inside of a tunnel only what begins like a request is HTTP', () => {
  for (const [bytes, protocol] of [
    ['GET / HTTP/1.1\r\n', 'http/1.1'],
    ['OPTIONS * HTTP/1.1', 'http/1.1'],
    ['QUERY /x', 'http/1.1'],
    ['POST http://payments.localhost/', 'http/1.1'],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'h2'],
    ['\x16\x03\x01\x02\x00', 'other'],
    ['*1\r\n$4\r\nPING\r\n', 'other'],
    ['PING\r\n', 'other'],
    ['EHLO client.example\r\n', 'other'],
    ['EHLO http.example\r\n', 'other'],
    ['SSH-2.0-OpenSSH_9.9\r\n', 'other'],
    ['\x00\x00\x00\x08\x04\xd2\x16\x2f', 'other'],
    [`${'A'.repeat(33)} /`, 'other'],
    ['PROXY TCP4 ', 'other'],
  ] as const) {
    assert.equal(detectInside(Buffer.from(bytes, 'latin1')), protocol, bytes);
  }
});

test('whatever is detected in the end, no beginning of it was taken for something else', () => {
  for (const text of [
    'DELETE /x',
    'POST https://a/',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'EHLO htt.example',
    'PING\r\n',
  ]) {
    const whole = detectInside(Buffer.from(text));
    for (let length = 1; length < text.length; length++) {
      const part = detectInside(Buffer.from(text.slice(0, length)));
      assert.ok(part === undefined || part === whole, `${text.slice(0, length)}: ${part}`);
    }
  }
});
