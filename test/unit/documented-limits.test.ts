// docs/limits.md says what the code does: each bound that is a constant is read from its source and looked for in its line.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';

const ROOT = resolve(import.meta.dirname, '../..');

const PAGE = readFileSync(resolve(ROOT, 'docs/limits.md'), 'utf8');

/** The beginning of the line in the page, the file, and its constants. */
const BOUNDS: readonly (readonly [line: string, file: string, ...constants: string[]])[] = [
  ['Length of a service', 'discovery/service-ref.ts', 'MAX_NAME_LENGTH'],
  ['Tags of one service', 'upstream/endpoint-set.ts', 'MAX_PARTS'],
  ['A response of Consul', 'discovery/consul/guarded-call.ts', 'MAX_ANSWER_BYTES'],
  [
    "A registry's response that is kept",
    'discovery/consul/health-decoder.ts',
    'MAX_KEPT_BYTES',
    'SLICED_FROM_BYTES',
  ],
  ['Causes kept', 'upstream/recent-outcomes.ts', 'MAX_CAUSES'],
  ['The snapshot of endpoints', 'discovery/snapshot/snapshot-file.ts', 'MAX_BYTES'],
  ['Readers of `/api/events`', 'admin/event-streams.ts', 'MAX_STREAMS', 'MAX_BEHIND_BYTES', 'MAX_RESUMED'],
  ['A call to the admin API', 'admin/admin-server.ts', 'MAX_CONTENT_BYTES'],
  ['Lines of the main log that wait', 'core/lines/line-writer.ts', 'MAX_WAITING_SIZE'],
  [
    'Lines of the access log that wait',
    'observe/access-log/line-queue.ts',
    'MAX_WAITING_LINES',
    'MAX_WAITING_SIZE',
  ],
  ['Pieces of access log lines', 'observe/access-log/access-log-line.ts', 'MAX_KEPT'],
  ['Spans that wait', 'observe/tracing/span-exporter.ts', 'MAX_WAITING_SPANS'],
  [
    'Requests that wait for a connection to one endpoint by HTTP/1.1',
    'http/http1/http1-connections.ts',
    'MAX_WAITING',
  ],
  ['Requests that wait for a stream', 'http/http2/client-connections.ts', 'MAX_WAITING'],
  ['Requests that wait for a stream', 'http/late-connections.ts', 'MAX_WAITING'],
  ['Streams on one connection of HTTP/2', 'http/http2/client-session.ts', 'MAX_STREAMS'],
  ['Field lines of one message', 'http/http2/client-session.ts', 'MAX_FIELD_LINES'],
  ['What an HTTP/1.1 client sends ahead', 'http/http1/server-connection.ts', 'READ_AHEAD_BYTES'],
  ['Trailers and the line before a chunk', 'http/http1/grammar.ts', 'MAX_CHUNK_LINE'],
  ['Requests under way over one HTTP/2', 'http/http2/server-connection.ts', 'MAX_STREAMS'],
  ['Head of an HTTP/2 request', 'http/http2/server-connection.ts', 'MAX_FIELDS'],
  ['Repeats of one request', 'policy/retry/retry.ts', 'MAX_REPLAYS'],
  ['TLS sessions kept', 'net/tls/session-cache.ts', 'MAX_SESSIONS'],
  ['A file with certificates', 'net/tls/identity-files.ts', 'MAX_FILE_BYTES'],
  [
    'Descriptors by server reflection',
    'translate/reflection/reflect.ts',
    'MAX_SERVICES',
    'MAX_FILES',
    'MAX_BYTES',
    'MAX_DEPTH',
  ],
  ['A file of descriptors', 'translate/description/file-description.ts', 'MAX_FILE_BYTES'],
  ['Places of faults', 'observe/log/fault-record.ts', 'MAX_PLACES'],
  ['Secrets that are looked for', 'core/secrets.ts', 'MAX_SECRETS', 'SHORTEST_SECRET'],
  ['Services of which repeats', 'observe/without-repeats.ts', 'MAX_SERVICES'],
  ['Services whose chain is compared', 'app/chain-factory.ts', 'MAX_SOURCES'],
  ['Services whose errors are counted', 'app/reload-watch.ts', 'MANY_SERVICES'],
  ['Lines of the main log about clients', 'observe/log/connection-log.ts', 'MANY_SERVICES'],
  ['File descriptors that a reload', 'config/parse-apart.ts', 'CHILD_DESCRIPTORS'],
  ['The configuration file', 'config/read-file.ts', 'MAX_FILE_BYTES'],
  ['The configuration file', 'config/yaml-document.ts', 'MAX_DEPTH', 'MAX_VALUES', 'MAX_ALIASES'],
  ['Targets, routes and splits', 'chain/compiled-chain.ts', 'MOST_ROUTES', 'MOST_SPLITS', 'MOST_TARGETS'],
  ['Counts such as `{32}` in a regular', 'chain/re2.ts', 'LONGEST_COUNTED'],
  ["A request's `x-ambassador-explain`", 'proxy/request-explanation.ts', 'LONGEST_VALUE'],
  ['Memory kept for reading', 'net/slabs.ts', 'MOST_FREE', 'SLAB_BYTES'],
  ['Endpoints whose trials begin', 'outlier/outlier-detector.ts', 'TRIALS_AT_ONCE'],
  ['Bytes read into memory', 'net/read-garbage.ts', 'MOST_BYTES'],
  ['What an upgraded connection', 'net/shared-reads.ts', 'MOST_BYTES', 'LEAST_BYTES', 'TOGETHER_BYTES'],
  [
    'Bytes of a TCP connection that wait',
    'net/shared-reads.ts',
    'MOST_TCP_BYTES',
    'TCP_TOGETHER_BYTES',
    'LEAST_BYTES',
  ],
  ['Endpoints tried for one TCP', 'service/tcp-connect.ts', 'MOST_ENDPOINTS_TRIED'],
  ['Tunnels (CONNECT) to one endpoint', 'service/tcp-connect.ts', 'MOST_TUNNELS'],
];

for (const [line, file, ...constants] of BOUNDS) {
  for (const constant of constants) {
    test(`${line} …: ${constant}`, () => {
      const row = PAGE.split('\n').find((text) => text.startsWith(`| ${line}`));
      assert.ok(row !== undefined, `docs/limits.md has no line that begins with: ${line}`);
      const value = constantOf(file, constant);
      const spellings = spellingsOf(value);
      assert.ok(
        spellings.some((spelling) => new RegExp(`(?<![\\d,.])${spelling}(?![\\d,]*\\d)`).test(row)),
        `${file}: ${constant} is ${value}, and the line says: ${row}`,
      );
    });
  }
}

test('each line of the page says what is bounded, the bound, and what happens at it', () => {
  const rows = PAGE.split('\n').filter((line) => line.startsWith('|'));
  assert.ok(rows.length > 40);
  for (const row of rows) assert.equal(row.replaceAll('\\|', '').split('|').length, 5, row);
});

/** Products and powers of whole numbers. */
function constantOf(file: string, name: string): number {
  const source = readFileSync(resolve(ROOT, 'src', file), 'utf8');
  const [, expression] = new RegExp(`^(?:export )?const ${name} = ([\\d_ *]+);`, 'm').exec(source) ?? [];
  assert.ok(expression !== undefined, `${file} has no constant ${name}`);
  return expression.split(/(?<!\*)\*(?!\*)/).reduce((product, factor) => {
    const [base = '', exponent = '1'] = factor.replaceAll('_', '').split('**');
    return product * Number(base) ** Number(exponent);
  }, 1);
}

function spellingsOf(value: number): string[] {
  const spelled = [value.toLocaleString('en-US')];
  if (value % 1024 === 0) spelled.push(`${value / 1024} KiB`);
  if (value % 1024 ** 2 === 0) spelled.push(`${value / 1024 ** 2} MiB`);
  return spelled;
}
