// Secrets that others repeat: Consul in its refusals and in what is registered, a receiver of spans in its refusal. None
// of them leaves by the log, a refusal, the admin API, its stream of events, the metrics, the snapshot or the doctor.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  configFile,
  runAmbassador,
  startAmbassador,
  temporaryFolder,
} from '../../support/ambassador-process.ts';
import { eventually } from '../../support/eventually.ts';
import { healthRow, startScriptedConsul } from '../../support/scripted-consul.ts';
import { startUpstream } from '../../support/upstreams.ts';

const SECRETS = {
  consul: 'consul-9f8e7d6c-token',
  admin: 'admin "quoted" / token',
  receiver: 'receiver+key=1234',
  renewed: 'consul-0a1b2c3d-renewed',
};

test('secrets that come back from outside are redacted wherever something is said', async (t) => {
  const consul = await startScriptedConsul(t);
  consul.serve('catalog', 2, { web: [], payments: [] });
  const all = Object.values(SECRETS).join(' and ');
  consul.always('health', ({ token, path }) =>
    path.endsWith('/web')
      ? { status: 403, body: `Permission denied: token ${token} with ${all} lacks service:read` }
      : {
          index: 5,
          body: [
            withOutput(
              healthRow('p-1'),
              `connect to http://x/?key=${encodeURIComponent(SECRETS.admin)}: ${all}`,
            ),
          ],
        },
  );
  const receiver = await startUpstream(t, (request, response) => {
    response.writeHead(401).end(`no such key: ${request.headers['x-api-key']}`);
  });
  const folder = temporaryFolder();
  const tokenFile = join(folder, 'consul-token');
  writeFileSync(tokenFile, SECRETS.consul);
  const snapshotFile = join(folder, 'snapshot.json');
  const config = {
    consul: { address: consul.address, tokenFile },
    admin: { listen: '127.0.0.1:0', token: SECRETS.admin },
    tracing: {
      otlp: { endpoint: `http://127.0.0.1:${receiver.port}`, headers: { 'x-api-key': SECRETS.receiver } },
    },
    accessLog: { sample: 1 },
    discovery: { firstAnswerTimeout: '1s', snapshotFile },
    logLevel: 'debug',
  };
  const ambassador = await startAmbassador(t, { consul: consul.address, config });
  await ambassador.untilReady();
  const stream = await fetch(`${ambassador.adminUrl}/api/events`);
  const events = { text: '' };
  void (async () => {
    for await (const chunk of stream.body ?? []) events.text += Buffer.from(chunk).toString();
  })().catch(() => {});
  // Read anew for every question, and known from then on.
  writeFileSync(tokenFile, SECRETS.renewed);
  const said: string[] = [];
  for (const path of ['/web/', '/payments/', `/web/?token=${encodeURIComponent(SECRETS.admin)}`]) {
    const response = await fetch(`${ambassador.url}${path}`, { headers: { 'x-ambassador-explain': '1' } });
    assert.equal(response.status, 503, path);
    said.push(await response.text(), JSON.stringify([...response.headers]));
  }
  const named = await fetch(`${ambassador.url}/${encodeURIComponent(SECRETS.admin)}/`);
  assert.equal(named.status, 404);
  said.push(await named.text());
  await eventually(() => assert.match(said.join('\n') + events.text, /\[redacted\]/));
  await eventually(() => assert.match(events.text, /Permission denied|permission_denied/));
  const read = async (path: string) => {
    const text = await (await fetch(`${ambassador.adminUrl}${path}`)).text();
    if (path.startsWith('/api')) JSON.parse(text);
    said.push(text);
  };
  for (const path of [
    '/api/overview',
    '/api/services/web',
    '/api/services/payments',
    '/api/services',
    '/api/timeline',
  ]) {
    await read(path);
  }
  for (const path of ['/api/config', '/metrics', '/readyz']) await read(path);
  said.push(events.text);
  const { code } = await ambassador.stop();
  assert.equal(code, 0);
  said.push(ambassador.log.map((record) => JSON.stringify(record)).join('\n'), ambassador.stderr);
  said.push(readFileSync(snapshotFile, 'utf8'));
  const refusing = await startUpstream(t, (_request, response) => {
    response
      .writeHead(403)
      .end(`Permission denied: ${SECRETS.renewed}, ${SECRETS.admin}, ${SECRETS.receiver}`);
  });
  const there = { ...config, consul: { address: `http://127.0.0.1:${refusing.port}`, tokenFile } };
  const doctor = await runAmbassador('doctor', '--json', '-c', configFile(there));
  assert.match(doctor.stdout, /\[redacted\]/);
  said.push(doctor.stdout, doctor.stderr);

  for (const [name, secret] of Object.entries(SECRETS)) {
    for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) {
      for (const text of said) {
        const at = text.indexOf(form);
        assert.equal(at, -1, `${name} is said: …${text.slice(Math.max(0, at - 200), at + 100)}`);
      }
    }
  }
  // What else was said stands.
  assert.match(said.join('\n'), /token \[redacted\] with .*lacks service:read/);
});

function withOutput(row: object, output: string): object {
  return { ...row, Checks: [{ CheckID: 'c', Name: 'http', Status: 'critical', Output: output }] };
}
