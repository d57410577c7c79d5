import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import type { AmbassadorProcess } from '../../support/ambassador-process.ts';
import { runAmbassador, spawnAmbassador, temporaryFolder } from '../../support/ambassador-process.ts';
import { startConsulAgent } from '../../support/consul-agent.ts';
import { eventually } from '../../support/eventually.ts';
import { get, startLoad } from '../../support/load.ts';
import type { Upstream } from '../../support/upstreams.ts';
import { startUpstream, unusedPort } from '../../support/upstreams.ts';

const TOKEN = 'only-for-this-test';

interface Reloadable {
  readonly ambassador: AmbassadorProcess;
  readonly folder: string;
  /** Of the file that it was started with. */
  readonly path: string;
  /** A configuration with these sections over the ones that all have. */
  config(sections?: object): string;
}

function payments({ port }: Upstream, policy: object = {}): object {
  return { discover: { endpoints: [`127.0.0.1:${port}`] }, ...policy };
}

/** @param name of the configuration file within its folder */
async function startReloadable(
  t: TestContext,
  services: object,
  lay = (folder: string, text: string) => writeFileSync(join(folder, 'ambassador.json'), text),
): Promise<Reloadable> {
  const consul = `http://127.0.0.1:${await unusedPort()}`;
  const folder = temporaryFolder();
  const path = join(folder, 'ambassador.json');
  const config = (sections: object = {}) =>
    JSON.stringify({
      consul: { address: consul },
      listen: '127.0.0.1:0',
      admin: { listen: '127.0.0.1:0', token: TOKEN },
      accessLog: { sample: 0 },
      discovery: { services: 'declared' },
      services,
      ...sections,
    });
  lay(folder, config());
  const ambassador = spawnAmbassador(t, ['run', '-c', path]);
  await ambassador.logged(/^listening on /);
  await ambassador.untilReady();
  return { ambassador, folder, path, config };
}

/** As editors do. */
function replaceFile({ folder, path }: Reloadable, text: string): void {
  const draft = join(folder, '.ambassador.json.draft');
  writeFileSync(draft, text);
  renameSync(draft, path);
}

function reloads(ambassador: AmbassadorProcess): number {
  return ambassador.log.filter(({ msg }) => /^The configuration was reloaded/.test(String(msg))).length;
}

async function untilReloads(ambassador: AmbassadorProcess, count: number): Promise<void> {
  await eventually(() => assert.equal(reloads(ambassador), count, ambassador.stderr));
}

test('a file that an editor replaces is taken, and the log tells what changed', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const reloadable = await startReloadable(t, { payments: payments(upstream) });
  const { ambassador, config } = reloadable;
  replaceFile(reloadable, config({ services: { payments: payments(upstream, { retry: { attempts: 5 } }) } }));
  await ambassador.logged(/^The configuration was reloaded: services\.payments\.retry\.attempts: 2 → 5$/);
  const shown = (await ambassador.admin('/api/config')) as { config: { services: Record<string, unknown> } };
  assert.match(JSON.stringify(shown.config.services['payments']), /"attempts":5/);
});

test('a file that is written in place is taken', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const { ambassador, path, config } = await startReloadable(t, { payments: payments(upstream) });
  writeFileSync(path, config({ drain: { timeout: '3s' } }));
  await ambassador.logged(/^The configuration was reloaded: drain\.timeout: 10s → 3s$/);
});

test('a ConfigMap whose links are swapped is taken, again and again', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const publish = (folder: string, revision: string, text: string) => {
    mkdirSync(join(folder, revision));
    writeFileSync(join(folder, revision, 'ambassador.json'), text);
    symlinkSync(revision, join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  };
  const reloadable = await startReloadable(t, { payments: payments(upstream) }, (folder, text) => {
    publish(folder, '..2026_1', text);
    symlinkSync(join('..data', 'ambassador.json'), join(folder, 'ambassador.json'));
  });
  const { ambassador, folder, config } = reloadable;
  publish(folder, '..2026_2', config({ drain: { timeout: '3s' } }));
  rmSync(join(folder, '..2026_1'), { recursive: true });
  await untilReloads(ambassador, 1);
  publish(folder, '..2026_3', config({ drain: { timeout: '4s' } }));
  rmSync(join(folder, '..2026_2'), { recursive: true });
  await ambassador.logged(/^The configuration was reloaded: drain\.timeout: 3s → 4s$/);
});

test('a link further up the path is followed when it is swapped', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const elsewhere = temporaryFolder();
  const reloadable = await startReloadable(t, { payments: payments(upstream) }, (folder, text) => {
    for (const release of ['1', '2']) mkdirSync(join(elsewhere, release));
    writeFileSync(join(elsewhere, '1', 'ambassador.json'), text);
    symlinkSync('1', join(elsewhere, 'current'));
    symlinkSync(join(elsewhere, 'current', 'ambassador.json'), join(folder, 'ambassador.json'));
  });
  writeFileSync(join(elsewhere, '2', 'ambassador.json'), reloadable.config({ drain: { timeout: '3s' } }));
  symlinkSync('2', join(elsewhere, 'next'));
  renameSync(join(elsewhere, 'next'), join(elsewhere, 'current'));
  await untilReloads(reloadable.ambassador, 1);
});

test('a file that is touched, but says the same, reloads nothing', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const reloadable = await startReloadable(t, { payments: payments(upstream) });
  const { ambassador, config } = reloadable;
  replaceFile(reloadable, config());
  replaceFile(reloadable, config({ drain: { timeout: '3s' } }));
  await untilReloads(ambassador, 1);
  assert.ok(!ambassador.log.some(({ msg }) => /nothing has changed/.test(String(msg))));
});

test('SIGHUP reads the file, and the file of the admin token, again', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const tokenFile = join(temporaryFolder(), 'token');
  writeFileSync(tokenFile, 'first');
  const reloadable = await startReloadable(t, { payments: payments(upstream) });
  const { ambassador, config } = reloadable;
  replaceFile(reloadable, config({ admin: { listen: '127.0.0.1:0', tokenFile } }));
  await untilReloads(ambassador, 1);
  writeFileSync(tokenFile, 'second');
  ambassador.signal('SIGHUP');
  await ambassador.logged(/^The configuration was read again: nothing has changed/);
  const reloadWith = async (token: string) =>
    (
      await fetch(`${ambassador.adminUrl}/api/config/reload`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      })
    ).status;
  assert.equal(await reloadWith('first'), 401);
  assert.equal(await reloadWith('second'), 200);
});

test('a bad file is refused with its mistakes, the old one stays in force, and a good one heals it', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const reloadable = await startReloadable(t, { payments: payments(upstream) });
  const { ambassador, config, path: file } = reloadable;
  replaceFile(reloadable, '{\n  "drian": {},\n  "logLevel": "loud"\n}');
  const line = await ambassador.logged(
    /is refused, and the old one stays in force: .*:2:3 drian: unknown key/,
  );
  assert.deepEqual([line['line'], line['column'], line['key']], [2, 3, 'drian']);
  const refused = await ambassador.admin('/api/config');
  const { problems } = (refused as { refused: { problems: object[] } }).refused;
  assert.deepEqual(problems, [
    { file, line: 2, column: 3, key: 'drian', message: 'unknown key; did you mean "drain"?' },
    {
      file,
      line: 3,
      column: 15,
      key: 'logLevel',
      message: 'expected one of debug, info, warn, error, found "loud"',
    },
  ]);
  assert.equal((await fetch(`${ambassador.url}/payments/charge`)).status, 200);

  replaceFile(reloadable, config({ drain: { timeout: '3s' } }));
  await untilReloads(ambassador, 1);
  assert.equal(((await ambassador.admin('/api/config')) as { refused: unknown }).refused, null);
});

test('an empty file, as it is for a moment while it is written, is refused', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const reloadable = await startReloadable(t, { payments: payments(upstream) });
  replaceFile(reloadable, '');
  await reloadable.ambassador.logged(/stays in force: .*ambassador\.json:1:1: the file is empty/);
});

test('an address that cannot be had refuses the whole file', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const reloadable = await startReloadable(t, { payments: payments(upstream) });
  const { ambassador, config } = reloadable;
  const taken = { payments: payments(upstream, { listen: `127.0.0.1:${upstream.port}` }) };
  replaceFile(reloadable, config({ drain: { timeout: '3s' }, services: taken }));
  await ambassador.logged(/services\.payments\.listen: cannot listen on .*EADDRINUSE/);
  assert.match(JSON.stringify(await ambassador.admin('/api/config')), /"drain":\{"timeout":"10s"\}/);
});

test('no request fails while services, policies and listeners change under load', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const reloadable = await startReloadable(t, { payments: payments(upstream) });
  const { ambassador, config } = reloadable;
  const load = startLoad(t, { url: `${ambassador.url}/payments/charge`, perSecond: 300 });
  await eventually(() => assert.ok(upstream.seen.length > 50));
  for (let round = 1; round <= 8; round++) {
    replaceFile(
      reloadable,
      config({
        services: {
          payments: payments(upstream, {
            timeout: { request: `${10 + round}s`, connect: `${1 + (round % 2)}s` },
            loadBalancer: { policy: round % 2 === 0 ? 'peakEwma' : 'roundRobin' },
            bulkhead: { maxRequests: 500 + round },
            ...(round % 2 === 0 ? { listen: '127.0.0.1:0' } : {}),
          }),
          [`fraud-${round}`]: payments(upstream),
        },
      }),
    );
    await untilReloads(ambassador, round);
  }
  const { sent, failed } = await load.stop();
  assert.ok(sent > 200);
  assert.deepEqual(failed, []);
});

test('an open request, its connection, and idle connections outlive a reload of their service', async (t) => {
  let answer = () => {};
  const upstream = await startUpstream(t, (request, response) => {
    if (request.url === '/slow') answer = () => response.end('slow');
    else response.end('ok');
  });
  const reloadable = await startReloadable(t, { payments: payments(upstream) });
  const { ambassador, config } = reloadable;
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  t.after(() => agent.destroy());
  const slow = get(`${ambassador.url}/payments/slow`, agent);
  await eventually(() => assert.deepEqual(upstream.seen, ['GET /slow']));
  await get(`${ambassador.url}/payments/quick`, agent);
  const before = [...upstream.connections];
  assert.equal(before.length, 2);

  const policy = { timeout: { request: '3s' }, circuitBreaker: { consecutiveFailures: 7 }, hedging: {} };
  replaceFile(reloadable, config({ services: { payments: payments(upstream, policy) } }));
  await untilReloads(ambassador, 1);
  await get(`${ambassador.url}/payments/quick`, agent);
  assert.deepEqual([...upstream.connections], before);

  answer();
  assert.deepEqual(await slow, { status: 200, body: 'slow' });
});

test('an open request outlives its service, and its listener, in the configuration', async (t) => {
  let answer = () => {};
  const upstream = await startUpstream(t, (_request, response) => {
    answer = () => response.end('slow');
  });
  const other = await startUpstream(t, (_request, response) => response.end('ok'));
  const port = await unusedPort();
  const reloadable = await startReloadable(t, {
    payments: payments(upstream, { listen: `127.0.0.1:${port}` }),
    fraud: payments(other),
  });
  const { ambassador, config } = reloadable;
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const slow = get(`http://127.0.0.1:${port}/slow`, agent);
  await eventually(() => assert.equal(upstream.seen.length, 1));

  replaceFile(reloadable, config({ services: { fraud: payments(other) } }));
  await untilReloads(ambassador, 1);
  await assert.rejects(get(`http://127.0.0.1:${port}/new`, new Agent()), { code: 'ECONNREFUSED' });
  assert.equal((await fetch(`${ambassador.url}/payments/`)).status, 404);
  answer();
  assert.deepEqual(await slow, { status: 200, body: 'slow' });
  await eventually(() => assert.equal(upstream.connections.size, 0));
});

test('endpoints that stay keep their ejection, and what an operator drained stays drained', async (t) => {
  const [a, b, c] = await Promise.all(
    ['a', 'b', 'c'].map((name) => startUpstream(t, (_request, response) => response.end(name))),
  );
  assert.ok(a !== undefined && b !== undefined && c !== undefined);
  const endpoints = [a, b, c].map(({ port }) => `127.0.0.1:${port}`);
  const reloadable = await startReloadable(t, { payments: { discover: { endpoints } } });
  const { ambassador, config } = reloadable;
  const operate = (endpoint: string, name: string) =>
    fetch(`${ambassador.adminUrl}/api/services/payments/endpoints/${encodeURIComponent(endpoint)}/${name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
  assert.equal((await operate(endpoints[0] ?? '', 'eject')).status, 200);
  assert.equal((await operate(endpoints[1] ?? '', 'drain')).status, 200);
  const added = await startUpstream(t, (_request, response) => response.end('d'));
  replaceFile(
    reloadable,
    config({
      services: {
        payments: {
          discover: { endpoints: [...endpoints, `127.0.0.1:${added.port}`] },
          outlierDetection: { interval: '1s' },
        },
      },
    }),
  );
  await eventually(async () => {
    const view = (await ambassador.admin('/api/services/payments')) as {
      endpoints: { authority: string; state: string }[];
    };
    assert.deepEqual(
      new Map(view.endpoints.map(({ authority, state }) => [authority, state])),
      new Map([
        [endpoints[0], 'ejected'],
        [endpoints[1], 'drained'],
        [endpoints[2], 'available'],
        [`127.0.0.1:${added.port}`, 'available'],
      ]),
    );
  });
});

test('what cannot change without a restart is named, and everything else is taken', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const reloadable = await startReloadable(t, { payments: payments(upstream) });
  const { ambassador, config } = reloadable;
  replaceFile(
    reloadable,
    config({ consul: { address: 'http://127.0.0.1:1' }, logLevel: 'debug', drain: { timeout: '3s' } }),
  );
  await ambassador.logged(/^These settings count only after a restart: consul\.address$/);
  const { waitingForRestart } = (await ambassador.admin('/api/config')) as { waitingForRestart: unknown };
  assert.deepEqual(waitingForRestart, ['consul.address']);
  assert.match(JSON.stringify(await ambassador.admin('/api/config')), /"drain":\{"timeout":"3s"\}/);
});

test('with Consul, a service moves to another name, out of the file and back into it, and no request fails', async (t) => {
  const consul = await startConsulAgent(t);
  const [old, next] = await Promise.all(
    ['old', 'next'].map((name) => startUpstream(t, (_request, response) => response.end(name))),
  );
  assert.ok(old !== undefined && next !== undefined);
  await consul.register({ name: 'payments', id: 'payments-1', port: old.port });
  await consul.register({ name: 'payments-next', id: 'payments-next-1', port: next.port });
  const folder = temporaryFolder();
  const path = join(folder, 'ambassador.json');
  const config = (services: object) =>
    JSON.stringify({
      consul: { address: consul.address },
      listen: '127.0.0.1:0',
      admin: { listen: '127.0.0.1:0' },
      accessLog: { sample: 0 },
      services,
    });
  writeFileSync(path, config({ payments: { listen: '127.0.0.1:0' } }));
  const ambassador = spawnAmbassador(t, ['run', '-c', path]);
  await ambassador.logged(/^listening on /);
  await ambassador.untilReady();
  const load = startLoad(t, { url: `${ambassador.url}/payments/charge`, perSecond: 100 });
  const answeredBy = (upstream: Upstream) => {
    const before = upstream.seen.length;
    return eventually(() => assert.ok(upstream.seen.length > before));
  };
  await answeredBy(old);
  const rounds: readonly [object, Upstream][] = [
    [{ payments: { discover: { consul: { service: 'payments-next' } } } }, next],
    [{}, old],
    [{ payments: { retry: { attempts: 1 } } }, old],
  ];
  for (const [index, [services, upstream]] of rounds.entries()) {
    writeFileSync(`${path}.draft`, config(services));
    renameSync(`${path}.draft`, path);
    await untilReloads(ambassador, index + 1);
    await answeredBy(upstream);
  }
  assert.deepEqual((await load.stop()).failed, []);
});

test('POST /api/config/reload answers with the changes, or refuses with the mistakes, and needs the token', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const reloadable = await startReloadable(t, { payments: payments(upstream) });
  const { ambassador } = reloadable;
  const reload = async (token: string) => {
    const answer = await fetch(`${ambassador.adminUrl}/api/config/reload`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ who: 'Ada', why: 'to try' }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  assert.equal((await reload('wrong')).status, 401);
  assert.deepEqual(await reload(TOKEN), {
    status: 200,
    body: { outcome: 'unchanged', changes: [], waitingForRestart: [] },
  });
  replaceFile(reloadable, 'drian: {}');
  const { status, body } = await reload(TOKEN);
  assert.equal(status, 422);
  assert.equal(body['reason'], 'configuration_refused');
  assert.deepEqual(body['problems'], [
    {
      file: reloadable.path,
      line: 1,
      column: 1,
      key: 'drian',
      message: 'unknown key; did you mean "drain"?',
    },
  ]);
});

test('a reload that makes requests fail is pointed out in the timeline, with what it changed', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => {
    setTimeout(() => response.end('ok'), 30);
  });
  const reloadable = await startReloadable(t, { payments: payments(upstream) });
  const { ambassador, config } = reloadable;
  const load = startLoad(t, { url: `${ambassador.url}/payments/charge`, perSecond: 50 });
  await eventually(() => assert.ok(upstream.seen.length > 40));
  replaceFile(
    reloadable,
    config({ services: { payments: payments(upstream, { timeout: { request: '5ms' } }) } }),
  );
  await ambassador.logged(
    /^Errors of payments rose from 0 % to \d+ % within .*payments\.timeout\.request: 15s → 5ms/,
  );
  await load.stop();
  const { entries } = (await ambassador.admin('/api/timeline')) as {
    entries: { kind: string; service: string | null; summary: string; detail: Record<string, unknown> }[];
  };
  const [reloaded] = entries.filter(({ kind }) => kind === 'config');
  const [advice] = entries.filter(({ kind }) => kind === 'advice');
  const changes = [{ path: 'services.payments.timeout.request', before: '15s', after: '5ms' }];
  assert.match(reloaded?.summary ?? '', /^The configuration was reloaded: services\.payments/);
  assert.deepEqual(reloaded?.detail['changes'], changes);
  assert.equal(advice?.service, 'payments');
  assert.deepEqual(advice?.detail['changes'], changes);
});

test('a refused file stands in the timeline, and in the overview until a good one comes', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const reloadable = await startReloadable(t, { payments: payments(upstream) });
  const { ambassador, config } = reloadable;
  const overview = async () =>
    (await ambassador.admin('/api/overview')) as { configuration: { file: string; refused: object | null } };
  replaceFile(reloadable, 'drian: {}');
  await eventually(async () => {
    const { configuration } = await overview();
    assert.equal(configuration.file, reloadable.path);
    assert.match(JSON.stringify(configuration.refused), /"key":"drian"/);
  });
  const told = (await ambassador.admin('/api/timeline?kind=config')) as {
    entries: { severity: string; summary: string }[];
  };
  assert.deepEqual(
    told.entries.map(({ severity }) => severity),
    ['error'],
  );
  assert.match(
    told.entries[0]?.summary ?? '',
    /stays in force: .*:1:1 drian: unknown key; did you mean "drain"\?/,
  );
  replaceFile(reloadable, config({ drain: { timeout: '3s' } }));
  await eventually(async () => assert.equal((await overview()).configuration.refused, null));
});

test('ambassador diff tells what a file would change in a running ambassador', async (t) => {
  const upstream = await startUpstream(t, (_request, response) => response.end('ok'));
  const reloadable = await startReloadable(t, { payments: payments(upstream) });
  const { ambassador, folder, path, config } = reloadable;
  const admin = ambassador.adminUrl;
  const same = await runAmbassador('diff', '-c', path, '--admin', admin);
  assert.deepEqual(same, { code: 0, stdout: '', stderr: '' });
  const draft = join(folder, 'draft.json');
  writeFileSync(draft, config({ drain: { timeout: '3s' } }));
  const other = await runAmbassador('diff', '-c', draft, '--admin', admin);
  assert.deepEqual(other, { code: 1, stdout: 'drain.timeout: 10s → 3s\n', stderr: '' });
  const json = await runAmbassador('diff', path, draft, '--json');
  assert.equal(json.code, 1);
  assert.deepEqual(JSON.parse(json.stdout), [{ path: 'drain.timeout', before: '10s', after: '3s' }]);
  const nobody = await runAmbassador('diff', '-c', path, '--admin', `127.0.0.1:${await unusedPort()}`);
  assert.equal(nobody.code, 2);
});
