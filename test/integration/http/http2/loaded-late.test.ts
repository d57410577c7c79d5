import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runProgram } from '../../../support/ambassador-process.ts';

/** Run in a process of its own: tests load node:http2 for their clients. */
const PROBE = `
  const loaded = () => process.moduleLoadList.some((name) => name.includes('internal/http2/core'));
  const { HttpListener } = await import(${JSON.stringify(new URL('../../../../src/listener/http-listener.ts', import.meta.url).href)});
  const { systemClock } = await import(${JSON.stringify(new URL('../../../../src/core/system-clock.ts', import.meta.url).href)});
  const { connect } = await import('node:net');
  const listener = new HttpListener({
    address: { kind: 'tcp', host: '127.0.0.1', port: 0 },
    service: undefined,
    maxHeaderBytes: 32768,
    clock: systemClock,
    connected: () => {},
    forward: (exchange) => exchange.respond({ status: 204, reasonPhrase: '', fields: [] }).end([]),
    refused: () => ({ head: { status: 400, reasonPhrase: '', fields: [] }, body: Buffer.alloc(0) }),
    fault: (error) => console.error(error),
  });
  const { port } = await listener.listen();
  const call = (bytes) => new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.once('data', () => { socket.destroy(); resolve(loaded()); });
  });
  const first = await call('GET / HTTP/1.1\\r\\nhost: a\\r\\n\\r\\n');
  const second = await call(Buffer.concat([Buffer.from('PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n'), Buffer.from('000000040000000000', 'hex')]));
  console.log(JSON.stringify([first, second]));
  process.exit(0);
`;

test('node:http2 is loaded for the first client that speaks it, and for none before', async () => {
  const { stdout, stderr } = await runProgram(process.execPath, ['--input-type=module', '-e', PROBE]);
  assert.equal(stdout.trim(), '[false,true]', stderr);
});
