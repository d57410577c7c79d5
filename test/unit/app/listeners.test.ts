// Addresses beyond loopback: the log says who can call what there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Listeners } from '../../../src/app/listeners.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { TestListener } from '../../support/test-listener.ts';

async function warningsFor(t: { after(fn: () => void): void }, sections: object): Promise<string[]> {
  const logger = new RecordingLogger();
  const make = (address: ConstructorParameters<typeof TestListener>[0]): TestListener =>
    new TestListener(address);
  const listeners = new Listeners({ http: make, tcp: async (address) => make(address) }, logger);
  t.after(() => listeners.destroy());
  const config = parseConfig({ file: 'a.json', text: JSON.stringify(sections) }, {});
  (await listeners.prepare(config)).commit();
  return logger.lines
    .filter((line) => line.startsWith('warn: '))
    .map((line) => line.replace(/^.* is not loopback: /, ''));
}

const OPEN = '0.0.0.0:0';
const SERVICES = { payments: { listen: OPEN }, db: { protocol: 'tcp', listen: OPEN } };

test('an address beyond loopback is open to everyone who reaches it, for what stands behind it', async (t) => {
  assert.deepEqual(await warningsFor(t, { listen: [OPEN], services: SERVICES }), [
    'everyone who reaches it can call every service as this application',
    'everyone who reaches it can call payments as this application',
    'everyone who reaches it can call db as this application',
  ]);
});

test('with listenTls.clientCaFile requests need a certificate, and connections of TCP do not', async (t) => {
  const listenTls = { certFile: 'a.pem', keyFile: 'a.key', clientCaFile: 'clients.pem' };
  assert.deepEqual(await warningsFor(t, { listen: [OPEN], listenTls, services: SERVICES }), [
    'everyone with a certificate of an authority in listenTls.clientCaFile can call every service as this application',
    'everyone with a certificate of an authority in listenTls.clientCaFile can call payments as this application',
    'everyone who reaches it can call db as this application',
  ]);
});
