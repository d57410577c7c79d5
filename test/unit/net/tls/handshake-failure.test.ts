import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DialTimeout } from '../../../../src/net/handshake.ts';
import type { HandshakeContext } from '../../../../src/net/tls/handshake-failure.ts';
import { handshakeFailure, isLateRefusal } from '../../../../src/net/tls/handshake-failure.ts';

const CONTEXT = { name: 'payments.test', hasCertificate: true, minVersion: 'TLSv1.2', alpn: ['http/1.1'] };

function coded(code: string, more: object = {}): Error {
  return Object.assign(new Error(`${code} happened`), { code }, more);
}

const faultOf = (code: string, context: Partial<typeof CONTEXT> = {}) =>
  handshakeFailure(coded(code), { ...CONTEXT, ...context }).fault;

describe('a failed handshake', () => {
  it('is recognised by the alerts of every OpenSSL, however it names them', () => {
    const codes = {
      ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'client_certificate_refused',
      ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'client_certificate_refused',
      ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'client_certificate_refused',
      'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE': 'client_certificate_refused',
      ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'refused',
      'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE': 'refused',
      ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'protocol_version',
      ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'server_name_refused',
      ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: 'no_common_protocol',
      ERR_SSL_WRONG_VERSION_NUMBER: 'not_tls',
      ERR_SSL_PACKET_LENGTH_TOO_LONG: 'not_tls',
      INVALID_PURPOSE: 'untrusted',
      ECONNRESET: 'reset',
      ERR_SSL_SOMETHING_NEW: 'other',
    };
    for (const [code, fault] of Object.entries(codes)) assert.equal(faultOf(code), fault, code);
  });

  it('is recognised where it is writing that met its end, and the code is in the message alone', () => {
    const writing = (text: string) =>
      Object.assign(
        new Error(
          `write EPROTO 40337A:error:0A00042E:SSL routines:ssl3_read_bytes:${text}:../deps/x.c:918:\n`,
        ),
        { code: 'EPROTO' },
      );
    assert.equal(
      handshakeFailure(writing('tlsv1 alert unknown ca'), CONTEXT).fault,
      'client_certificate_refused',
    );
    assert.equal(handshakeFailure(writing('wrong version number'), CONTEXT).fault, 'not_tls');
    assert.ok(isLateRefusal(writing('ssl/tls alert bad certificate')));
    assert.match(
      handshakeFailure(writing('tlsv1 alert user cancelled'), CONTEXT).detail,
      /alert user cancelled/,
    );
  });

  it('lacks a client certificate where none is configured, whatever the endpoint says of it', () => {
    const context = { hasCertificate: false };
    assert.equal(faultOf('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', context), 'client_certificate_missing');
    assert.equal(faultOf('ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', context), 'client_certificate_missing');
  });

  it('is our own fault where our certificate has ended', () => {
    const endedAt = Date.UTC(2026, 0, 2);
    const refused = coded('ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE');
    const ofMesh = handshakeFailure(refused, { ...CONTEXT, connectAs: 'web', endedAt });
    assert.equal(ofMesh.fault, 'own_certificate_ended');
    assert.match(
      ofMesh.detail,
      /certificate of web for Consul Connect, which ended at 2026-01-02T00:00:00\.000Z/,
    );
    assert.match(handshakeFailure(refused, { ...CONTEXT, endedAt }).detail, /renew tls\.certFile/);
    assert.equal(handshakeFailure(coded('ECONNRESET'), { ...CONTEXT, endedAt }).fault, 'reset');
  });

  it('names no setting in the mesh that cannot stand there', () => {
    const refused = coded('ERR_SSL_TLSV1_UNRECOGNIZED_NAME');
    assert.match(handshakeFailure(refused, CONTEXT).detail, /set tls\.serverName/);
    assert.doesNotMatch(handshakeFailure(refused, { ...CONTEXT, connectAs: 'web' }).detail, /serverName/);
    for (const code of ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'DEPTH_ZERO_SELF_SIGNED_CERT']) {
      const inMesh = handshakeFailure(coded(code), { ...CONTEXT, connectAs: 'web' });
      assert.match(inMesh.detail, /sidecar proxy.*tls\.mode: files with tls\.caFile/, code);
      const outside = handshakeFailure(coded(code), CONTEXT);
      assert.equal(outside.fault, inMesh.fault);
      assert.match(outside.detail, /certificate in tls\.caFile|authority in tls\.caFile/, code);
    }
  });

  it('may come late, but only where it is about our certificate', () => {
    assert.ok(isLateRefusal(coded('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED')));
    assert.ok(isLateRefusal(coded('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA')));
    assert.ok(!isLateRefusal(coded('ECONNRESET')));
    assert.ok(!isLateRefusal(coded('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR')));
  });

  it('says how long it was waited for, and quotes what it does not know in one line', () => {
    assert.match(handshakeFailure(new DialTimeout(250), CONTEXT).detail, /no connection within 250 ms/);
    const unknown = handshakeFailure(coded('ERR_SSL_X', { reason: 'something new' }), CONTEXT);
    assert.equal(
      unknown.detail,
      "the handshake failed (ERR_SSL_X: something new): the endpoint's own log should say more",
    );
    assert.match(handshakeFailure(new Error('a\nb'), CONTEXT).detail, /^a: the endpoint's own log/);
  });

  it('says what an alert said that means nothing in particular', () => {
    const alert = handshakeFailure(coded('ERR_SSL_SSL/TLS_ALERT_ILLEGAL_PARAMETER'), CONTEXT);
    assert.match(alert.detail, /broke off the handshake \(alert illegal parameter\): .*own log/);
    const internal = handshakeFailure(coded('ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR'), CONTEXT);
    assert.equal(internal.fault, 'refused');
    assert.match(internal.detail, /no certificate for payments\.test \(tls\.serverName\)/);
  });

  it('is recognised by the text of OpenSSL where Node.js has no code for it', () => {
    const texts = {
      'CA signature digest algorithm too weak': 'weak',
      'EE certificate key too weak': 'weak',
      'permitted subtree violation': 'name_constraint',
      'unhandled critical extension': 'critical_extension',
      'key usage does not include certificate signing': 'untrusted',
      'something new': 'other',
    };
    for (const [text, fault] of Object.entries(texts)) {
      const error = Object.assign(new Error(text), { code: 'UNSPECIFIED' });
      assert.equal(handshakeFailure(error, CONTEXT).fault, fault, text);
    }
    const other = Object.assign(new Error('something new'), { code: 'UNSPECIFIED' });
    assert.match(handshakeFailure(other, CONTEXT).detail, /was not accepted \(something new\)/);
  });

  it('has more than one possible cause where the endpoint only closes the connection', () => {
    const detailOf = (context: Partial<HandshakeContext>) =>
      handshakeFailure(coded('ECONNRESET'), { ...CONTEXT, ...context }).detail;
    assert.match(
      detailOf({ hasCertificate: false }),
      /payments\.test \(tls\.serverName\), or ask for a client/,
    );
    assert.match(detailOf({}), /or refuse our client certificate \(tls\.certFile\)/);
    assert.match(detailOf({ endedAt: 0 }), /\(tls\.certFile, which ended at 1970-01-01/);
    assert.match(detailOf({ connectAs: 'web' }), /it may refuse the certificate of web$/);
  });
});
