import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DescriptorRoom } from '../../../src/app/descriptor-room.ts';
import { limitWarning, mostClients, parseLimit } from '../../../src/app/open-file-limit.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { RecordingLogger } from '../../support/recording-logger.ts';
import { requestFacts } from '../../support/request-facts.ts';

function setUp(connections: number) {
  const clients = { connections, idle: 0, asked: 0 };
  const clock = new FakeClock();
  const logger = new RecordingLogger();
  const room = new DescriptorRoom({
    clients: () => ({
      connections: clients.connections,
      closeIdle: () => {
        const { idle } = clients;
        clients.asked++;
        clients.connections -= idle;
        clients.idle = 0;
        return idle;
      },
    }),
    mostClients: 10,
    clock,
    logger,
  });
  return { clients, clock, logger, room };
}

test('clients give way beyond their share, with one look for a burst and one line a minute', () => {
  const { clients, clock, logger, room } = setUp(10);
  room.clientConnected();
  assert.equal(clients.asked, 0);
  for (let burst = 1; burst <= 2; burst++) {
    clients.connections = 11;
    clients.idle = 4;
    for (let count = 0; count < 50; count++) room.clientConnected();
    assert.equal(clients.asked, burst);
    assert.equal(clients.connections, 7);
    clock.advance(250);
  }
  assert.equal(logger.lines.length, 1);
  assert.match(logger.lines[0] ?? '', /run short: 4 connections/);
  assert.equal(clock.pendingTimers, 0);
});

test('while there are too many it looks again by itself, until some have been idle for long enough', () => {
  const { clients, clock, room } = setUp(11);
  room.clientConnected();
  clock.advance(500);
  assert.equal(clients.asked, 3);
  clients.idle = 1;
  clock.advance(500);
  assert.equal(clients.connections, 10);
  assert.equal(clock.pendingTimers, 0);
});

test('a request, or a listener, that found no descriptor makes room; any other failure does not', () => {
  const { clients, clock, room } = setUp(1);
  room.requestFinished(requestFacts({ reason: 'connect_failure' }));
  assert.equal(room.listenerFailed(Object.assign(new Error('no'), { code: 'EINVAL' })), false);
  assert.equal(clients.asked, 0);
  room.requestFinished(requestFacts({ reason: 'out_of_resources' }));
  assert.equal(clients.asked, 1);
  clock.advance(250);
  assert.equal(room.listenerFailed(Object.assign(new Error('no'), { code: 'EMFILE' })), true);
  assert.equal(clients.asked, 2);
});

test('the limit is read as proc(5) writes it', () => {
  const text = 'Limit  Soft Limit  Hard Limit  Units\nMax open files   1024   4096   files\n';
  assert.equal(parseLimit(text), 1_024);
  assert.equal(parseLimit(text.replace('1024', 'unlimited')), undefined);
  assert.equal(parseLimit(''), undefined);
  assert.equal(mostClients(1_064), 500);
  assert.equal(mostClients(10), 1);
});

test('a limit below what the configuration allows is named with the remedy', () => {
  const text = 'services: { payments: { connections: { maxPerEndpoint: 500 } } }';
  const config = parseConfig({ file: 'a.yaml', text }, {});
  const needed = 64 + 150 + 1_000;
  assert.equal(limitWarning(needed, config), undefined);
  assert.match(
    limitWarning(needed - 1, config) ?? '',
    /may have 1213 .* can need 1214: .*maxPerEndpoint.*ulimit -n/,
  );
});
