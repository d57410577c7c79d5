import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { secrets } from '../../../../src/core/secrets.ts';
import { nodeMetaOf, readHealthRows } from '../../../../src/discovery/consul/consul-health.ts';
import type { Endpoint } from '../../../../src/endpoint/endpoint.ts';
import { authorityOf, isCallable, unusableReason } from '../../../../src/endpoint/endpoint.ts';

const PLAIN = { taggedAddress: undefined };

interface Row {
  readonly node?: object;
  readonly service?: object;
  readonly checks?: unknown;
}

/** A row as Consul sends it, with what a case changes. */
function row({ node = {}, service = {}, checks = [] }: Row = {}): unknown {
  return {
    Node: {
      ID: '40e4a748-2192-161a-0510-9bf59fe950b5',
      Node: 'node-1',
      Address: '10.1.10.12',
      Datacenter: 'dc1',
      TaggedAddresses: { lan: '10.1.10.12', wan: '198.18.1.12' },
      Meta: { instance_type: 't2.medium' },
      ...node,
    },
    Service: {
      ID: 'web-1',
      Service: 'web',
      Tags: ['v2'],
      Address: '10.1.10.13',
      TaggedAddresses: {
        lan_ipv4: { Address: '10.1.10.13', Port: 8000 },
        wan: { Address: '198.18.1.13', Port: 80 },
      },
      Meta: { version: '2.0' },
      Port: 8000,
      Weights: { Passing: 10, Warning: 1 },
      Namespace: 'default',
      ...service,
    },
    Checks: checks,
  };
}

function check(status: string, more: object = {}): object {
  return {
    Node: 'node-1',
    CheckID: 'service:web-1',
    Name: 'HTTP on 8000',
    Status: status,
    Notes: '',
    Output: '',
    ServiceID: 'web-1',
    ServiceName: 'web',
    ...more,
  };
}

const SOCKET = { SocketPath: '/run/web.sock', Address: '', Port: 0 };

function readOne(given: Row, taggedAddress?: string): Endpoint {
  const rows = readHealthRows([row(given)], { taggedAddress });
  const [endpoint] = rows?.endpoints ?? [];
  assert.ok(endpoint !== undefined, 'the row can be read');
  return endpoint;
}

describe('the health of an instance', () => {
  it('takes a unix socket for the place of an instance (Consul 1.10 and later)', () => {
    const { socketPath, port } = readOne({ service: SOCKET });
    assert.deepEqual({ socketPath, port }, { socketPath: '/run/web.sock', port: 0 });
    assert.equal(
      readHealthRows([row({ service: { ...SOCKET, SocketPath: 'run/web.sock' } })], PLAIN)?.malformed,
      1,
    );
  });

  it('gives an endpoint with all that is known of it', () => {
    assert.deepEqual(readOne({ checks: [check('passing')] }), {
      id: 'node-1/web-1',
      address: '10.1.10.13',
      port: 8000,
      health: 'passing',
      healthDetail: undefined,
      weight: 10,
      tags: ['v2'],
      meta: { version: '2.0' },
      node: 'node-1',
      datacenter: 'dc1',
      nodeMeta: { instance_type: 't2.medium' },
    });
  });

  it('gives what the operator of its node wrote, with the locality that Consul knows', () => {
    const of = (node: Readonly<Record<string, unknown>>, service = {}) => nodeMetaOf(node, service).nodeMeta;
    assert.equal(of({ Meta: { 'consul-network-segment': '', 'consul-version': '1.17.0' } }), undefined);
    assert.deepEqual(of({ Meta: { zone: 'a' }, Locality: { Region: 'eu' } }), { zone: 'a', region: 'eu' });
    const moved = of({ Locality: { Region: 'eu', Zone: 'a' } }, { Locality: { Region: 'eu', Zone: 'b' } });
    assert.deepEqual(moved, { region: 'eu', zone: 'b' });
  });

  const nodeMaintenance = check('critical', {
    CheckID: '_node_maintenance',
    Name: 'Node Maintenance Mode',
    Notes: 'a new disk',
    ServiceID: '',
  });
  const serviceMaintenance = check('critical', {
    CheckID: '_service_maintenance:web-1',
    Name: 'Service Maintenance Mode',
    Notes: 'a new release',
  });
  const cases: readonly (readonly [
    string,
    readonly object[],
    Endpoint['health'],
    number,
    string | undefined,
  ])[] = [
    ['without a check', [], 'passing', 10, undefined],
    [
      'with a check in warning',
      [check('passing'), check('warning', { Output: 'slow' })],
      'warning',
      1,
      'HTTP on 8000: slow',
    ],
    [
      'with a critical check among others',
      [check('warning'), check('critical', { Output: '503\nbody' }), check('passing')],
      'critical',
      10,
      'HTTP on 8000: 503',
    ],
    [
      'with its node failing',
      [
        check('critical', {
          CheckID: 'serfHealth',
          Name: 'Serf Health Status',
          Output: 'Agent not live or unreachable',
          ServiceID: '',
        }),
        check('passing'),
      ],
      'critical',
      10,
      'Serf Health Status: Agent not live or unreachable',
    ],
    [
      'in maintenance by its node',
      [check('passing'), nodeMaintenance],
      'maintenance',
      10,
      'Node Maintenance Mode: a new disk',
    ],
    [
      'in maintenance by its service',
      [serviceMaintenance, check('critical')],
      'maintenance',
      10,
      'Service Maintenance Mode: a new release',
    ],
    ['with a status that nobody knows', [check('splendid')], 'critical', 10, 'HTTP on 8000'],
    ['with a check without a status', [check('')], 'critical', 10, 'HTTP on 8000'],
    [
      'with another instance in maintenance',
      [check('passing', { CheckID: '_service_maintenance:web-2' })],
      'passing',
      10,
      undefined,
    ],
  ];
  for (const [what, checks, health, weight, detail] of cases) {
    it(`is ${health} ${what}`, () => {
      const endpoint = readOne({ checks });
      assert.deepEqual([endpoint.health, endpoint.weight, endpoint.healthDetail], [health, weight, detail]);
    });
  }

  it('tells the reason in one short line', () => {
    const { healthDetail = '' } = readOne({ checks: [check('critical', { Output: 'x'.repeat(5_000) })] });
    assert.equal(healthDetail.length, 200);
    assert.ok(healthDetail.endsWith('…'));
  });

  it('tells no part of a secret that is cut there', () => {
    const secret = 'cut-at-its-middle-0123456789';
    secrets.learn(secret);
    const { healthDetail } = readOne({
      checks: [check('critical', { Output: `${'x'.repeat(170)} ${secret}` })],
    });
    assert.doesNotMatch(healthDetail ?? '', /cut-at/);
  });

  it('gives no requests to an instance in warning whose weight then is 0', () => {
    const endpoint = readOne({
      service: { Weights: { Passing: 10, Warning: 0 } },
      checks: [check('warning')],
    });
    assert.equal(unusableReason(endpoint), 'zero_weight');
  });

  for (const weights of [undefined, null, {}, { Passing: -1, Warning: 'x' }, []]) {
    it(`has weight 1 when its weights are ${JSON.stringify(weights)}`, () => {
      assert.equal(readOne({ service: { Weights: weights } }).weight, 1);
      assert.equal(readOne({ service: { Weights: weights }, checks: [check('warning')] }).weight, 1);
    });
  }
});

describe('the address of an instance', () => {
  it("is its node's when it has none of its own", () => {
    assert.equal(authorityOf(readOne({ service: { Address: '' } })), '10.1.10.12:8000');
  });

  it('is the tagged one that was asked for, with its port', () => {
    assert.equal(authorityOf(readOne({}, 'wan')), '198.18.1.13:80');
  });

  it("has the service's port when the tagged one has none", () => {
    const service = { TaggedAddresses: { wan: { Address: '198.18.1.13', Port: 0 } } };
    assert.equal(authorityOf(readOne({ service }, 'wan')), '198.18.1.13:8000');
  });

  it("is its node's tagged one when it has no address of its own", () => {
    const service = { Address: '', TaggedAddresses: null };
    assert.equal(authorityOf(readOne({ service }, 'wan')), '198.18.1.12:8000');
  });

  it('is its own when it has no such tagged one', () => {
    const service = { TaggedAddresses: null };
    assert.equal(authorityOf(readOne({ service }, 'wan')), '10.1.10.13:8000');
    assert.equal(authorityOf(readOne({}, 'lan_ipv6')), '10.1.10.13:8000');
  });

  it('may be IPv6, registered with or without brackets', () => {
    for (const Address of ['2001:db8::1', '[2001:db8::1]']) {
      const endpoint = readOne({ service: { Address } });
      assert.equal(endpoint.address, '2001:db8::1');
      assert.equal(authorityOf(endpoint), '[2001:db8::1]:8000');
    }
  });

  for (const Address of [
    '10.0.0.1:80',
    'http://web',
    'web/v2',
    'a web',
    '999.1.1.1',
    'fe80::1%eth0',
    '[::1',
  ]) {
    it(`${Address} is none: the instance is known and never called, which costs no other its place`, () => {
      const rows = readHealthRows([row({ service: { ID: 'typo', Address } }), row()], PLAIN);
      assert.deepEqual(
        rows?.endpoints.map(({ id }) => id),
        ['node-1/typo', 'node-1/web-1'],
      );
      const [typo, web] = rows?.endpoints ?? [];
      assert.equal(typo && unusableReason(typo), 'bad_address');
      assert.equal(typo && isCallable(typo), false);
      assert.equal(web?.addressFault, undefined);
      assert.equal(rows?.malformed, 0);
    });
  }

  for (const Port of [0, undefined, -1, 65_536, 80.5, '8000']) {
    it(`is of no use with the port ${Port}`, () => {
      const endpoint = readOne({ service: { Port } });
      assert.equal(endpoint.port, 0);
      assert.equal(unusableReason(endpoint), 'no_port');
    });
  }
});

describe('the rows of an answer', () => {
  it('tell instances of the same id apart by their nodes', () => {
    const rows = readHealthRows([row(), row({ node: { Node: 'node-2' } })], PLAIN);
    assert.deepEqual(
      rows?.endpoints.map(({ id }) => id),
      ['node-1/web-1', 'node-2/web-1'],
    );
  });

  it('count once when they are there twice', () => {
    const rows = readHealthRows([row(), row({ service: { Port: 8001 } })], PLAIN);
    assert.deepEqual(
      rows?.endpoints.map(({ port }) => port),
      [8001],
    );
  });

  it('are left out and counted when they cannot be read', () => {
    const broken = [
      null,
      7,
      'x',
      [],
      {},
      row({ node: { Node: '' } }),
      row({ service: { ID: 5 } }),
      row({ node: { Address: '' }, service: { Address: '' } }),
    ];
    const rows = readHealthRows([...broken, row()], PLAIN);
    assert.deepEqual([rows?.endpoints.length, rows?.malformed], [1, broken.length]);
  });

  it('keep only tags and meta that are text', () => {
    const { tags, meta } = readOne({ service: { Tags: ['a', 1, null], Meta: { k: 'v', n: 1 } } });
    assert.deepEqual([tags, meta], [['a'], { k: 'v' }]);
    const none = readOne({ service: { Tags: null, Meta: null } });
    assert.deepEqual([none.tags, none.meta], [[], {}]);
  });

  for (const body of [undefined, null, {}, 'x', 5]) {
    it(`are none at all in ${JSON.stringify(body)}`, () => {
      assert.equal(readHealthRows(body, PLAIN), undefined);
    });
  }

  const keys = [
    'Node',
    'Service',
    'Checks',
    'ID',
    'Address',
    'Port',
    'Weights',
    'Tags',
    'Meta',
    'Status',
    'wan',
  ];
  const { anything } = fc.letrec((tie) => ({
    anything: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.jsonValue(),
      fc.constantFrom('critical', '_node_maintenance', '10.0.0.1', 8000, '[::1]'),
      fc.array(tie('anything'), { maxLength: 4 }),
      fc.dictionary(fc.constantFrom(...keys), tie('anything')),
    ),
  }));

  it('never throw, and give only endpoints that are whole', () => {
    fc.assert(
      fc.property(fc.array(anything), fc.constantFrom(undefined, 'wan'), (body, taggedAddress) => {
        const rows = readHealthRows(body, { taggedAddress });
        assert.ok(rows !== undefined);
        assert.ok(rows.endpoints.length + rows.malformed <= body.length);
        for (const endpoint of rows.endpoints) {
          assert.ok(endpoint.address !== '' && endpoint.node !== '');
          assert.ok(Number.isInteger(endpoint.port) && endpoint.port >= 0 && endpoint.port <= 65_535);
          assert.ok(Number.isFinite(endpoint.weight) && endpoint.weight >= 0);
        }
      }),
    );
  });

  it('never throw when one field of a real row is anything', () => {
    const path = fc.constantFrom(
      ...(['Address', 'Node', 'TaggedAddresses', 'Datacenter'] as const).map((key) => ({ node: key })),
      ...(['ID', 'Address', 'Port', 'Tags', 'Meta', 'Weights', 'TaggedAddresses'] as const).map((key) => ({
        service: key,
      })),
      'checks' as const,
    );
    fc.assert(
      fc.property(path, anything, (at, value) => {
        const given: Row =
          at === 'checks'
            ? { checks: value }
            : 'node' in at
              ? { node: { [at.node]: value } }
              : { service: { [at.service]: value } };
        const rows = readHealthRows([row(given)], { taggedAddress: 'wan' });
        assert.equal((rows?.endpoints.length ?? 0) + (rows?.malformed ?? 0), 1);
      }),
      { numRuns: 500 },
    );
  });
});
