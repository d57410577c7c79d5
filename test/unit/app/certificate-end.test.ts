import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CertificateEnd } from '../../../src/app/certificate-end.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';

const DAY_MS = 86_400_000;

/** @param lasting days from its beginning to its end */
function endingIn(days: number, lasting = 365) {
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const expiresAt = clock.wallTime() + days * DAY_MS;
  const validFrom = expiresAt - lasting * DAY_MS;
  const end = new CertificateEnd({ file: '/a.pem', validFrom, expiresAt }, { clock, logger });
  const warnings = () => logger.entries.map(({ message }) => message.replace(/: .*/, ''));
  return { clock, end, warnings };
}

test('a process that runs for months warns of the end of its certificate three days before, and at it, once each', () => {
  const { clock, warnings } = endingIn(100);
  clock.advance(96.9 * DAY_MS);
  assert.deepEqual(warnings(), []);
  clock.advance(0.2 * DAY_MS);
  assert.deepEqual(warnings(), ['the certificate in /a.pem expires soon']);
  clock.advance(2.8 * DAY_MS);
  assert.equal(warnings().length, 1);
  clock.advance(DAY_MS);
  assert.deepEqual(warnings(), [
    'the certificate in /a.pem expires soon',
    'the certificate in /a.pem has expired',
  ]);
  assert.equal(clock.pendingTimers, 0);
});

test('one that lasts a day is no matter for warnings while there is time to renew it', () => {
  const { clock, warnings } = endingIn(1, 1);
  clock.advance(0.9 * DAY_MS);
  assert.deepEqual(warnings(), []);
  clock.advance(0.06 * DAY_MS);
  assert.deepEqual(warnings(), ['the certificate in /a.pem expires soon']);
});

test('a certificate that has ended already is warned of at once, and one that is given up never', () => {
  assert.deepEqual(endingIn(-1).warnings(), ['the certificate in /a.pem has expired']);
  const { clock, end, warnings } = endingIn(10);
  end.close();
  clock.advance(20 * DAY_MS);
  assert.deepEqual(warnings(), []);
});
