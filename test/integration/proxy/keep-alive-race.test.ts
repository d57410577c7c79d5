// An endpoint closes idle connections just when the next request is on its way. Whether it still read that request
// nobody can tell from here: a GET is sent again, a POST is answered 502 rather than charged twice.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startProxy } from '../../support/proxy-under-test.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { startUpstream } from '../../support/upstreams.ts';

for (const method of ['GET', 'POST']) {
  test(`${method} over connections that the endpoint is closing: none is processed twice`, async (t) => {
    const processed = new Map<string, number>();
    const upstream = await startUpstream(t, (request, response) => {
      const id = String(request.headers['x-id']);
      processed.set(id, (processed.get(id) ?? 0) + 1);
      request.resume();
      response.removeHeader('keep-alive');
      response.setHeader('connection', 'keep-alive');
      response.end('ok');
      // Closes the connection some moments after the answer, as an idle limit would.
      setTimeout(() => request.socket.end(), 8);
    });
    const proxy = await startProxy(t, { services: { payments: [upstream.port] } });
    const random = seededRandom(1);
    let answered = 0;
    for (let i = 0; i < 150; i++) {
      const response = await fetch(`${proxy.url}/payments`, {
        method,
        headers: { 'x-id': String(i) },
        ...(method === 'POST' ? { body: 'charge' } : {}),
      });
      await response.text();
      if (response.status === 200) answered++;
      else assert.equal(response.headers.get('x-ambassador-error'), 'upstream_reset');
      await new Promise((resolve) => setTimeout(resolve, 4 + random() * 6));
    }
    for (const [id, times] of processed) {
      if (method === 'POST') assert.equal(times, 1, id);
    }
    if (method === 'GET') assert.equal(answered, 150, 'what may be repeated is repeated');
    else assert.ok(answered > 0);
  });
}
