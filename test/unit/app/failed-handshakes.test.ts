import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailedHandshakes } from '../../../src/app/failed-handshakes.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

function log() {
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const handshakes = new FailedHandshakes({ clock, logger });
  const fail = (code: string) => handshakes.failed({ code, message: 'm', remoteAddress: '10.0.0.9' });
  const warnings = () => logger.lines.filter((line) => line.startsWith('warn'));
  return { clock, logger, fail, warnings };
}

test('a client that is refused is a warning with its cause, one in a minute', () => {
  const { clock, fail, logger, warnings } = log();
  fail('CERT_HAS_EXPIRED');
  for (let i = 0; i < 3; i++) fail('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  assert.deepEqual(warnings(), ['warn: the TLS handshake with 10.0.0.9 failed: its certificate has expired']);
  assert.equal(logger.lines.filter((line) => line.startsWith('debug')).length, 4);
  clock.advance(60_000);
  fail('ERR_SSL_NEW');
  assert.match(
    warnings()[1] ?? '',
    /10\.0\.0\.9 failed: ERR_SSL_NEW: m, and 3 more since the last such line$/,
  );
});

test('a client that leaves in the middle is none', () => {
  const { fail, logger, warnings } = log();
  fail('ECONNRESET');
  assert.deepEqual(warnings(), []);
  assert.equal(logger.lines.length, 1);
});

test('what is missing in listenTls.clientCaFile is said', () => {
  const { fail, warnings } = log();
  fail('UNABLE_TO_GET_ISSUER_CERT');
  assert.match(warnings()[0] ?? '', /without the one above that: add it, up to the root$/);
});
