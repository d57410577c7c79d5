import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Overview, ServiceOverview } from '../../../src/admin/overview-view.ts';
import { cellWidth, fitCells } from '../../../src/cli/cell-text.ts';
import { statusLines } from '../../../src/cli/status.ts';
import { TopKeys } from '../../../src/cli/top-keys.ts';
import { topOnce, topScreen } from '../../../src/cli/top-screen.ts';

const RATES = { perSecond: 12.5, errorRatio: 0, p50Ms: 3.2, p90Ms: 9, p99Ms: 48 };
const NO_STATES = {
  ejected: 0,
  probing: 0,
  critical: 0,
  maintenance: 0,
  drained: 0,
  no_port: 0,
  bad_address: 0,
  forbidden_address: 0,
  zero_weight: 0,
};

function service(name: string, more: Partial<ServiceOverview> = {}): ServiceOverview {
  return {
    name,
    protocol: 'http',
    table: { version: 1, provenance: 'registry', ageMs: 10, failure: null },
    endpointCounts: { total: 3, available: 3, ...NO_STATES },
    panic: 'none',
    failovers: [],
    activeRequests: 2,
    bytes: null,
    override: null,
    rates: RATES,
    circuit: null,
    bulkhead: { active: 2, queued: 0, limit: 100 },
    retryBudget: { available: 10, ratio: 0.2 },
    ejections: 0,
    maintenance: null,
    failureCause: null,
    ...more,
  };
}

function overview(services: readonly ServiceOverview[]): Overview {
  return {
    at: '2026-01-02T03:04:05.000Z',
    host: 'here',
    operators: 'token',
    standing: [],
    registration: null,
    version: '1.2.3',
    startedAt: '2026-01-02T03:00:00.000Z',
    rssBytes: 64 * 1024 * 1024,
    eventLoopLagMs: 0.1,
    listening: [{ address: '127.0.0.1:15000', service: null, protocol: 'http' }],
    readiness: { status: 'ready', waitingFor: [] },
    consul: { state: 'answering', since: null, detail: null, address: 'http://127.0.0.1:8500' },
    faults: { count: 0, last: null },
    snapshotFault: null,
    configuration: {
      file: null,
      loadedAt: '2026-01-02T03:00:00.000Z',
      refused: null,
      waitingForRestart: [],
      kv: null,
    },
    requests: RATES,
    services,
    known: services.map(({ name }) => name),
  };
}

const THREE = overview([
  service('fraud', { rates: { ...RATES, errorRatio: 0.25 }, ejections: 1 }),
  service('inventory'),
  service('payments', { rates: { ...RATES, perSecond: 99 } }),
]);

// biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of a terminal are what is taken out.
const COLOURS = /\u001b\[\d+m/g;

test('text is cut and filled to cells, of which wide characters take two', () => {
  assert.equal(fitCells('payments', 10), 'payments  ');
  assert.equal(fitCells('7', 3, 'right'), '  7');
  assert.equal(fitCells('payments', 5), 'paym…');
  assert.equal(fitCells('支払いサービス', 6), '支払… ');
  assert.equal(fitCells('支払い', 6), '支払い');
  assert.equal(cellWidth('👩‍💻é'), 3);
  assert.equal(fitCells('a\u001b[2Jb\n', 8), 'a [2Jb  ');
  assert.equal(fitCells('payments', 0), '');
});

test('what is refused is the file, the value in Consul KV, or both, as their problems say', () => {
  const said = (...files: readonly string[]): readonly [string | undefined, string] => {
    const at = '2026-01-02T03:04:00.000Z';
    const problems = files.map((file) => ({ file, line: 1, column: 1, key: 'listen', message: 'a port' }));
    const { configuration } = THREE;
    const refusing = {
      ...THREE,
      configuration: { ...configuration, file: 'a.yaml', refused: { at, problems } },
    };
    const line = statusLines(refusing).find(([name]) => name === 'configuration')?.[1] ?? '';
    return [topOnce(new TopKeys(refusing).state)[1], line.replace(/^.*; | refused .*$/g, '')];
  };
  const onDisk = 'The configuration on disk is refused: ambassador check tells why.';
  const inKv = 'Consul KV shop/a is refused: ambassador config tells why.';
  assert.deepEqual(said('a.yaml', 'a.yaml'), [onDisk, 'the file as it is now was']);
  assert.deepEqual(said('Consul KV shop/a'), [inKv, 'Consul KV shop/a as it is now was']);
  assert.deepEqual(said('environment', 'Consul KV shop/a'), [
    `${onDisk} ${inKv}`,
    'the file and Consul KV shop/a as they are now were',
  ]);
});

test('every line is exactly as wide as the screen, and there are as many as it is high', () => {
  const wide = overview([
    ...THREE.services,
    service('支払いサービスの長い名前👩‍💻', { panic: 'all_ejected' }),
  ]);
  for (const width of [1, 7, 20, 40, 80, 81, 133, 250]) {
    for (const height of [1, 2, 5, 24]) {
      for (const colour of [true, false]) {
        const lines = topScreen(new TopKeys(wide).state, { width, height, colour });
        assert.equal(lines.length, height);
        for (const line of lines)
          assert.equal(cellWidth(line.replaceAll(COLOURS, '')), width, `${width}: ${line}`);
      }
    }
  }
});

test('services are shown with their rates, endpoints and what is amiss', () => {
  const text = topOnce(new TopKeys(THREE).state).join('\n');
  assert.match(text, /^ambassador 1\.2\.3 {2}ready {2}Consul answering {2}12\.5 req\/s/);
  assert.match(text, /^fraud +12\.5 +25\.0 % +3\.2 ms +48 ms +2 +3\/3 1 ejected$/m);
  assert.match(text, /^payments +99\.0 /m);
});

test('without colours the selected row is marked, and no escape is written', () => {
  const lines = topScreen(new TopKeys(THREE).state, { width: 100, height: 10, colour: false });
  assert.ok(lines.some((line) => line.startsWith('> fraud ')));
  assert.ok(lines.some((line) => line.startsWith('  payments ')));
  assert.ok(!lines.join('').includes('\u001b'));
});

test('the selected row stays in view', () => {
  const many = overview(Array.from({ length: 50 }, (_, index) => service(`service-${index + 10}`)));
  const keys = new TopKeys(many);
  for (let presses = 0; presses < 49; presses++) keys.pressed('down');
  assert.equal(keys.state.selected, 'service-59');
  const lines = topScreen(keys.state, { width: 100, height: 10, colour: false });
  assert.ok(lines.some((line) => line.startsWith('> service-59 ')));
});

test('what is amiss stays in view on a usual terminal and below: figures that tell less go first', () => {
  const amiss = overview([
    service('inventory', { panic: 'all_critical' }),
    service('payments', { rates: { ...RATES, errorRatio: 0.5 } }),
  ]);
  for (const [width, shown, gone] of [
    [120, ['REQ/S', 'ERRORS', 'P50', 'P99', 'ACTIVE', 'ENDPOINTS', 'NOTE'], []],
    [80, ['REQ/S', 'ERRORS', 'P99', 'ENDPOINTS', 'NOTE'], ['P50']],
    [60, ['ERRORS', 'ENDPOINTS', 'NOTE'], ['P99', 'ACTIVE']],
    [30, ['ERRORS', 'ENDPOINTS'], ['NOTE']],
  ] as const) {
    const text = topScreen(new TopKeys(amiss).state, { width, height: 10, colour: true })
      .join('\n')
      .replaceAll(COLOURS, '');
    for (const title of ['SERVICE', ...shown]) assert.match(text, new RegExp(title), `${width}`);
    for (const title of gone) assert.doesNotMatch(text, new RegExp(title), `${width}`);
    if (shown.some((title) => title === 'NOTE')) assert.match(text, /panic: all critical/, `${width}`);
  }
});

test('keys select, sort, open a service, go back and quit', () => {
  const keys = new TopKeys(THREE);
  assert.equal(keys.state.selected, 'fraud');
  keys.pressed('k');
  assert.equal(keys.state.selected, 'fraud');
  keys.pressed('s');
  assert.match(topOnce(keys.state).join('\n'), /payments.*\nfraud/);
  keys.pressed('k');
  assert.equal(keys.state.selected, 'payments');
  assert.equal(keys.pressed('return'), 'refresh');
  assert.equal(keys.state.opened?.name, 'payments');
  keys.pressed('escape');
  assert.equal(keys.state.opened, undefined);
  assert.equal(keys.state.selected, 'payments');
  assert.equal(keys.pressed('ctrl-c'), 'quit');
});

test('a question without an answer is shown above what was known last', () => {
  const keys = new TopKeys(THREE);
  keys.failed('no ambassador answers at 127.0.0.1:15001');
  const text = topOnce(keys.state).join('\n');
  assert.match(text, /no ambassador answers/);
  assert.match(text, /^fraud/m);
});

test('what operators planned is not painted as a failure, and its reason stands beside it', () => {
  const endpointCounts = { total: 2, available: 0, ...NO_STATES, maintenance: 2 };
  const rates = { ...RATES, errorRatio: 1 };
  const planned = service('ledger', {
    endpointCounts,
    rates,
    maintenance: 'disk swap',
    failureCause: 'none',
  });
  const state = {
    overview: overview([planned]),
    failure: undefined,
    sort: 'name',
    selected: undefined,
    opened: undefined,
  } as const;
  const [line = ''] = topScreen(state, { width: 140, height: 8, colour: true }).filter((each) =>
    each.includes('ledger'),
  );
  assert.ok(!line.includes('\u001b'), line);
  assert.match(line, /100\.0 %.* 0\/2 2 in maintenance \(disk swap\) *$/);
});

test('says where requests go while another tier serves', () => {
  const failing = service('orders', { failovers: [{ from: 'orders', to: 'orders@dc2', isEmpty: true }] });
  const state = {
    overview: overview([failing]),
    failure: undefined,
    sort: 'name',
    selected: undefined,
    opened: undefined,
  } as const;
  assert.match(topOnce(state).find((line) => line.startsWith('orders')) ?? '', / goes to orders@dc2$/);
  assert.ok(
    statusLines(overview([failing])).some(
      ([, text]) => text === 'orders: requests for orders go to orders@dc2',
    ),
  );
});
