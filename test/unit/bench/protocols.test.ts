import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readH2load } from '../../bench/protocols/h2load.ts';
import { parseProtocolsOptions } from '../../bench/protocols/protocols-options.ts';
import { protocolsReport } from '../../bench/protocols/protocols-report.ts';
import { grpcMessages, ROWS } from '../../bench/protocols/row.ts';

test('what h2load prints is read, and what is no success counts as failed', () => {
  const output = `finished in 2.00s, 500.00 req/s, 1.00MB/s
requests: 1010 total, 1020 started, 1004 done, 1000 succeeded, 4 failed, 3 errored, 2 timeout
status codes: 990 2xx, 0 3xx, 0 4xx, 10 5xx
`;
  assert.deepEqual(readH2load(output), { answered: 990, failed: 19 });
  assert.throws(() => readH2load('could not connect'), /h2load says: could not connect/);
});

test('rows, proxies and rounds may be chosen, and what is not known is refused', () => {
  assert.deepEqual(parseProtocolsOptions([]).rows, ROWS);
  const { rows, only, rounds } = parseProtocolsOptions([
    '--rows',
    'tls, tcp',
    '--only',
    'Envoy',
    '--rounds',
    '3',
  ]);
  assert.deepEqual([rows.map(({ name }) => name), only, rounds], [['tls', 'tcp'], ['Envoy'], 3]);
  assert.throws(() => parseProtocolsOptions(['--rows', 'quic']), /no such row: quic/);
  assert.throws(() => parseProtocolsOptions(['--only', 'Squid']), /no such proxy: Squid/);
});

test('messages are framed as gRPC frames them', () => {
  assert.deepEqual([...grpcMessages([1, 2])], [0, 0, 0, 0, 1, 0x78, 0, 0, 0, 0, 2, 0x78, 0x78]);
});

test('proxies are compared by the ratio of the same round, and those that idled are marked', () => {
  const round = (cpuMicroseconds: number, coreBusy: number) => ({
    cpuMicroseconds,
    requestsPerSecond: 1e6 / cpuMicroseconds,
    coreBusy,
    rssMiB: 50,
    failed: 1,
  });
  const report = protocolsReport({
    date: '2026-11-27 12:00',
    machine: { processor: 'P', cores: 2, memoryGiB: 8, system: 'Linux', node: 'v26' },
    pinning: 'none',
    loadAverageBefore: 0,
    loadAverageAfter: 2,
    rounds: 2,
    versions: { ambassador: 'this tree', HAProxy: '2.6' },
    rows: [
      {
        name: 'tls',
        title: 'TLS',
        rounds: { ambassador: [round(100, 1), round(400, 1)], HAProxy: [round(50, 0.5), round(200, 0.5)] },
        missing: ['Envoy (ENVOY_BIN names none)'],
      },
    ],
  });
  assert.match(report, /^\| ambassador \| 250\.0 ±30 % \| 2\.00 \| 6250 \| 0\.50 \| 50 \| 2 \|$/m);
  assert.match(report, /^\| HAProxy \| .* \| 1\.00 \| ≥ 12500 \| 1\.00 \| 50 \| 2 \|$/m);
  assert.match(report, /^Not measured: Envoy \(ENVOY_BIN names none\)\.$/m);
});
