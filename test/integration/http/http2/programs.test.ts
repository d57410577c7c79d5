// Clients of HTTP/2 that others wrote.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCurl } from '../../../support/curl.ts';
import { runNghttp } from '../../../support/nghttp.ts';
import { startProxy } from '../../../support/proxy-under-test.ts';
import { startUpstream } from '../../../support/upstreams.ts';

test('curl with prior knowledge, by path, header and host, with content and without', async (t) => {
  const upstream = await startUpstream(t, (request, response) => {
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
    });
    request.on('end', () => response.end(`${request.method} ${request.url} ${length}`));
  });
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const curl = async (...args: readonly string[]) =>
    (
      await runCurl([
        '-sS',
        '--http2-prior-knowledge',
        '-m',
        '20',
        '-w',
        ' %{http_version} %{http_code}',
        ...args,
      ])
    ).stdout;
  assert.equal(await curl(`${proxy.url}/payments/x?y`), 'GET /x?y 0 2 200');
  assert.equal(await curl('-H', 'x-ambassador-service: payments', `${proxy.url}/x`), 'GET /x 0 2 200');
  assert.equal(await curl('-H', 'host: payments.localhost', `${proxy.url}/x`), 'GET /x 0 2 200');
  assert.equal(await curl('-d', 'abc', `${proxy.url}/payments/x`), 'POST /x 3 2 200');
  assert.equal(await curl('-I', '-o', '/dev/null', `${proxy.url}/payments/x`), ' 2 200');
  assert.equal(
    await curl('-T', import.meta.filename, `${proxy.url}/payments/`).then((text) =>
      /^PUT \/programs\.test\.ts [1-9]\d+ 2 200$/.test(text),
    ),
    true,
  );
  // An offer to upgrade is left alone: the request is one of HTTP/1.1.
  const offered = await runCurl([
    '-sS',
    '--http2',
    '-m',
    '20',
    '-w',
    ' %{http_version}',
    `${proxy.url}/payments/x`,
  ]);
  assert.equal(offered.stdout, 'GET /x 0 1.1');
});

test('nghttp, with many requests at once and dependencies between them', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('x'.repeat(100_000)));
  const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
  const { stdout, code } = await runNghttp(['-nv', '-m', '20', `${proxy.url}/payments/x`]);
  assert.equal(code, 0);
  assert.equal((await proxy.untilFinished(20)).length, 20);
  assert.equal(stdout.match(/:status: 200/g)?.length, 20);
});
