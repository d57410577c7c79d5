import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChainModel, TargetSpec } from '../../../src/chain/chain-model.ts';
import { readCompiledChain } from '../../../src/chain/compiled-chain.ts';
import { isHomeTarget } from '../../../src/chain/home-target.ts';
import { chainInForce } from '../../../src/chain/own-chain.ts';
import { readLeads } from '../../../src/doctor/chains.ts';
import { compiledChain, target } from '../../support/compiled-chains.ts';

const isHome = (spec: TargetSpec): boolean => isHomeTarget(spec, 'payments');

function leads(model: ChainModel | undefined): readonly [string, ...(readonly string[])] {
  assert.ok(model);
  const { withoutOwn, elsewhere } = readLeads(model, isHome);
  return [withoutOwn, ...elsewhere.map(({ label }) => label)];
}

const [payments, orders] = [target('payments'), target('orders')];
const resolver = ([id]: readonly [string, object], failover: readonly string[] = []) => ({
  [`resolver:${id}`]: {
    ...{ Type: 'resolver', Name: id },
    Resolver: { Target: id, ...(failover.length === 0 ? {} : { Failover: { Targets: failover } }) },
  },
});

test('a redirect leads elsewhere, and the service needs no endpoints of its own', () => {
  const chain = compiledChain({
    ...{ start: `resolver:${orders[0]}`, nodes: resolver(orders) },
    targets: [orders],
  });
  assert.deepEqual(leads(readCompiledChain(chain)), ['served', 'orders']);
});

test('failover takes over, and without entries nothing does', () => {
  const chain = (failover: readonly string[]) =>
    compiledChain({
      ...{ start: `resolver:${payments[0]}`, nodes: resolver(payments, failover) },
      targets: [payments, orders],
    });
  assert.deepEqual(leads(readCompiledChain(chain([orders[0]]))), ['served by failover', 'orders']);
  assert.deepEqual(leads(readCompiledChain(chain([]))), ['lost']);
});

test('routes of a router count up to the first that takes every request', () => {
  const route = (match: object, to: readonly [string, object]) => ({
    Definition: { Match: { HTTP: match }, Destination: {} },
    NextNode: `resolver:${to[0]}`,
  });
  const routed = (...routes: readonly object[]) =>
    compiledChain({
      start: 'router:payments',
      nodes: {
        'router:payments': { Type: 'router', Name: 'payments', Routes: routes },
        ...resolver(payments),
        ...resolver(orders),
      },
      targets: [payments, orders],
    });
  const rest = route({ PathPrefix: '/' }, payments);
  const some = routed(route({ PathPrefix: '/orders' }, orders), rest);
  assert.deepEqual(leads(readCompiledChain(some)), ['served in part', 'orders']);
  const every = routed(route({ PathPrefix: '/' }, orders), rest);
  assert.deepEqual(leads(readCompiledChain(every)), ['served', 'orders']);
});

test('split and failover of the file lead elsewhere as well', () => {
  const own = (chain: Parameters<typeof chainInForce>[1]) =>
    leads(chainInForce('payments', chain, () => undefined, undefined));
  assert.deepEqual(own({ split: [{ weight: 1, service: 'orders' }] }), ['served', 'orders']);
  assert.deepEqual(own({ split: [{ weight: 9 }, { weight: 1, service: 'orders' }] }), ['lost', 'orders']);
  assert.deepEqual(own({ failover: { to: [{ datacenter: 'dc2' }] } }), [
    'served by failover',
    'payments@dc2',
  ]);
});
