// A part that throws while a configuration is put in force: what was prepared is given up, and what was in force holds.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { Listeners } from '../../../src/app/listeners.ts';
import type { ReconfigurableParts } from '../../../src/app/reconfiguration.ts';
import { reconfigure } from '../../../src/app/reconfiguration.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import type { Config } from '../../../src/config/types.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { Listener } from '../../../src/listener/listener.ts';
import { TestListener } from '../../support/test-listener.ts';
import { unusedPort } from '../../support/upstreams.ts';

function configOf(listen: readonly string[], sections: object = {}): Config {
  return parseConfig({ file: 'a.json', text: JSON.stringify({ listen, ...sections }) }, {});
}

interface Throwing {
  /** Throws while this configuration is put in force. */
  readonly services?: Config;
  readonly tcp?: boolean;
}

async function setUp(t: TestContext, inForce: Config, throwing: Throwing) {
  const said: string[] = [];
  const made: Listener[] = [];
  const http: ConstructorParameters<typeof Listeners>[0]['http'] = (address) => {
    const listener = new TestListener(address);
    made.push(listener);
    t.after(() => listener.destroy());
    return listener;
  };
  const tcp = () => {
    throw new Error('no such module');
  };
  const listeners = new Listeners({ http, tcp }, silentLogger);
  (await listeners.prepare(inForce)).commit();
  const undoable = (name: string) => ({
    commit: () => said.push(`${name} committed`),
    abort: () => said.push(`${name} aborted`),
  });
  const services = {
    reconfigure: (config: Config) => {
      if (config === throwing.services) throw new TypeError('x is not a function');
      said.push(config === inForce ? 'the old one' : 'the new one');
    },
    bringInLine: () => true,
    offerTcp: () => {},
  };
  // Only what reconfigure uses of each part.
  const parts = {
    file: 'a.json',
    lifecycle: { draining: false },
    listeners,
    directory: { reconfigure: () => {} },
    services,
    dialers: { prepare: async () => {}, retain: () => {} },
    translations: { prepare: async () => {}, retain: () => {} },
    listenerTls: { prepare: async () => undoable('TLS') },
    admin: { admit: () => said.push('admitted') },
    accessLog: { exchange: async () => {} },
    replayBudget: { resize: () => {} },
    responseStore: { resize: () => {} },
    openAccessLog: async () => undefined,
    setLogLevel: () => {},
    admit: () => {},
  } as unknown as ReconfigurableParts;
  return { parts, listeners, said, made };
}

/** Whether the address is in use. */
function isBound(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

test('a part that throws in mid-reload leaves nothing bound, and what was in force is put in force again', async (t) => {
  const [before, after] = [await unusedPort(), await unusedPort()];
  const inForce = configOf([`127.0.0.1:${before}`]);
  const next = configOf([`127.0.0.1:${after}`]);
  const { parts, listeners, said } = await setUp(t, inForce, { services: next });
  await assert.rejects(reconfigure(parts, inForce, next), /x is not a function/);
  assert.deepEqual(said, ['TLS aborted', 'the old one']);
  assert.equal(await isBound(after), false);
  assert.equal(await isBound(before), true);
  assert.deepEqual(
    listeners.doors.map(({ address }) => address),
    [`127.0.0.1:${before}`],
  );
  const again = configOf([`127.0.0.1:${after}`]);
  await reconfigure(parts, inForce, again);
  assert.equal(await isBound(after), true);
});

test('a listener that cannot be made leaves nothing bound either', async (t) => {
  const [before, after, tcp] = [await unusedPort(), await unusedPort(), await unusedPort()];
  const inForce = configOf([`127.0.0.1:${before}`, `127.0.0.1:${tcp}`]);
  const db = { protocol: 'tcp', listen: `127.0.0.1:${tcp}`, discover: { endpoints: ['127.0.0.1:1'] } };
  const next = configOf([`127.0.0.1:${before}`, `127.0.0.1:${after}`], { services: { db } });
  const { parts, made } = await setUp(t, inForce, {});
  await assert.rejects(reconfigure(parts, inForce, next), /no such module/);
  assert.ok(made.length >= 2);
  assert.equal(await isBound(after), false);
  assert.equal(await isBound(before), true);
});
