// A process that has no descriptor left loads a module of ours all the same.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const fileOf = (path: string): string => fileURLToPath(new URL(`../../../src/${path}`, import.meta.url));

const PROGRAM = `
  import { openSync } from 'node:fs';
  import { loadModule } from ${JSON.stringify(fileOf('core/load-module.ts'))};
  const from = ${JSON.stringify(`file://${fileOf('listener/http-listener.ts')}`)};
  const fill = () => { try { for (;;) openSync('/dev/null', 'r'); } catch (error) { return error.code; } };
  const seen = [fill()];
  const first = loadModule('../http/http2/server-connection.ts', from);
  seen.push(typeof first.Http2Connection, fill());
  const second = loadModule('../http/http2/client-connections.ts', from);
  seen.push(typeof second.Http2Connections, fill());
  seen.push(loadModule('../http/http2/server-connection.ts', from) === first);
  seen.push(await import('node:http2').then(() => 'loaded'));
  process._rawDebug(JSON.stringify(seen));
`;

test('modules are loaded while all descriptors are taken, and those for them stay reserved', {
  skip: process.platform === 'win32' ? 'there is no limit of descriptors to set' : false,
}, () => {
  const command = 'ulimit -n 64 && exec "$0" --input-type=module -e "$1"';
  const { stderr } = spawnSync('sh', ['-c', command, process.execPath, PROGRAM], {
    encoding: 'utf8',
    // Without NODE_EXTRA_CA_CERTS: Node.js warns on stderr where it cannot read that file.
    env: { PATH: process.env['PATH'] },
  });
  assert.deepEqual(
    JSON.parse(stderr),
    ['EMFILE', 'function', 'EMFILE', 'function', 'EMFILE', true, 'loaded'],
    stderr,
  );
});
