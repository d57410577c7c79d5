// A small scripted world, and the same with something wrong in it.

import assert from 'node:assert/strict';
import type { ServiceOverview } from '../../src/dashboard/browser/wire.ts';
import type { ScriptedWorld } from './scripted-admin.ts';
import { endpoint, scriptedWorld } from './scripted-world.ts';

const SERVICES = { fraud: 2, inventory: 2, payments: 3 };

/** Three services that do well. */
export function soundWorld(): ScriptedWorld {
  return scriptedWorld({ services: SERVICES });
}

/** Changes one service of a world. */
export function spoil(world: ScriptedWorld, name: string, news: Partial<ServiceOverview>): ScriptedWorld {
  const services = world.overview.services.map((service) =>
    service.name === name ? { ...service, ...news } : service,
  );
  world.overview = { ...world.overview, services };
  return world;
}

/** One service refuses, one ejects, and the configuration was refused. */
export function spoiltWorld(): ScriptedWorld {
  const world = scriptedWorld({ services: SERVICES, uncalled: ['audit'] });
  const { at } = world.overview;
  const [fraud, , payments] = world.overview.services;
  assert.ok(fraud !== undefined && payments !== undefined);
  spoil(world, 'fraud', {
    circuit: { state: 'open', since: at, opensForMs: 4_000, calls: 9, failures: 9, slow: 0 },
  });
  spoil(world, 'payments', { endpointCounts: { ...payments.endpointCounts, available: 2, ejected: 1 } });
  const outlier = {
    state: 'ejected',
    since: at,
    until: at,
    remainingMs: 18_000,
    reason: 'consecutive_5xx',
    ejections: 1,
    recent: { requests: 12, failures: 9 },
  } as const;
  world.endpoints.set('payments', [
    endpoint('payments', 1, { health: 'warning', healthDetail: 'the disk fills up' }),
    endpoint('payments', 2, {
      outlier,
      state: 'ejected',
      usable: false,
      reason: 'It is ejected for another 18 s.',
    }),
    endpoint('payments', 3),
  ]);
  world.timeline = [
    {
      id: 1,
      at,
      service: 'payments',
      kind: 'ejection',
      severity: 'warning',
      summary: 'payments-2 was ejected.',
      detail: {},
    },
  ];
  const problems = [{ file: 'ambassador.yaml', line: 3, column: 1, key: 'listne', message: 'unknown key' }];
  world.overview = {
    ...world.overview,
    configuration: { ...world.overview.configuration, refused: { at, problems } },
  };
  return world;
}
