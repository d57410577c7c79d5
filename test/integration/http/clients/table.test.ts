// Clients that others wrote, by every endpoint that they may meet behind the ambassador: a GET, and a megabyte sent.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { after, before, describe, test } from 'node:test';
import { runProgram, startAmbassador, temporaryFolder } from '../../../support/ambassador-process.ts';
import { newAuthority } from '../../../support/certificates.ts';
import { findProgram } from '../../../support/find-program.ts';
import { unusedPort } from '../../../support/upstreams.ts';
import type { ClientRow, Place } from './clients.ts';
import { Absent, CLIENTS } from './clients.ts';
import type { ClientsEndpoint } from './endpoints.ts';
import { ENDPOINTS, listenOn } from './endpoints.ts';

const CONTENT = Buffer.from(
  Array.from({ length: 1024 * 1024 }, (_, index) => (index * 31 + (index >> 8)) & 0xff),
);
const NOTHING = createHash('sha256').digest('hex');
const WHOLE = createHash('sha256').update(CONTENT).digest('hex');

describe('clients and endpoints', () => {
  let place: Place;
  const ends: (() => unknown)[] = [];
  const scope = { after: (end: () => unknown): void => void ends.push(end) };
  after(async () => {
    for (const end of ends) await end();
  });

  before(async () => {
    const authority = newAuthority();
    const folder = temporaryFolder();
    const write = (name: string, content: string | Buffer): string => {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    };
    const caFile = write('ca.pem', authority.cert);
    const upload = write('upload', CONTENT);
    const own = authority.issue({ dns: ['localhost'] });
    const services: Record<string, object> = {};
    for (const { name, config, listen } of ENDPOINTS) {
      const issued = authority.issue({ dns: ['endpoints.test', `${name}.service.consul`] });
      const port = await listenOn(listen(issued), scope.after);
      services[name] = { discover: { endpoints: [`127.0.0.1:${port}`] }, ...config(caFile) };
    }
    const ambassador = await startAmbassador(scope as Pick<TestContext, 'after'>, {
      consul: `http://127.0.0.1:${await unusedPort()}`,
      config: {
        discovery: { services: 'declared' },
        listenTls: { certFile: write('own.pem', own.cert), keyFile: write('own.key', own.key) },
        services,
      },
    });
    const { port } = new URL(ambassador.url);
    place = { url: ambassador.url, port, secureUrl: `https://localhost:${port}`, caFile, upload };
  });

  const urlOf = ({ way }: ClientRow, service: string): string => {
    if (way === 'proxy') return `http://${service}.service.consul/x?y=1`;
    if (way === 'https-proxy') return `https://${service}.service.consul/x?y=1`;
    return `${way === 'tls' ? place.secureUrl : place.url}/${service}/x?y=1`;
  };

  /** Past the ambassador a client speaks with the endpoint itself, and has to know how. */
  const endpointsOf = ({ way, speaksHttp2 = false }: ClientRow): readonly ClientsEndpoint[] =>
    way === 'https-proxy'
      ? ENDPOINTS.filter(({ isSecure, version }) => isSecure && (speaksHttp2 || version === '1.1'))
      : ENDPOINTS;

  for (const row of CLIENTS) {
    const skip = row.program === undefined ? `needs ${row.package}, which is not installed` : false;
    test(row.name, { skip }, async (t) => {
      const uploads = row.uploads ?? 'POST';
      const endpoints = endpointsOf(row);
      const sent = endpoints.flatMap(({ name }) =>
        ['GET', uploads].map((method) => ({ method, url: urlOf(row, name) })),
      );
      const responses = await row.run(row.program ?? '', sent, place).catch((error: unknown) => {
        if (error instanceof Absent) return error.message;
        throw error;
      });
      if (typeof responses === 'string') {
        t.skip(`${responses}: pip install ${row.package}`);
        return;
      }
      const expected = endpoints.flatMap(({ version }) => [
        `200 GET /x?y=1 over ${version}: 0 ${NOTHING}`,
        `200 ${uploads} /x?y=1 over ${version}: ${CONTENT.length} ${WHOLE}`,
      ]);
      assert.deepEqual(responses, expected);
    });
  }

  const h2load = findProgram('h2load');
  test('h2load, with many streams over few connections', {
    skip: h2load === undefined ? 'needs nghttp2-client, which is not installed' : false,
  }, async () => {
    for (const { name } of ENDPOINTS) {
      for (const content of [[], ['-d', place.upload]]) {
        const load = ['-n', '20', '-c', '2', '-m', '5', ...content, `${place.url}/${name}/x`];
        const { stdout } = await runProgram(h2load ?? '', load);
        assert.match(stdout, /status codes: 20 2xx, 0 3xx, 0 4xx, 0 5xx/, `${name}: ${stdout}`);
      }
    }
  });
});
