// What a storm of faults rages in: a Consul, services of which one is well and one is not, and an ambassador with few
// file descriptors whose log goes through a pipe.

import { writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { Random } from '../../../src/core/random.ts';
import type { AmbassadorProcess } from '../ambassador-process.ts';
import { configFile, spawnAmbassador, temporaryFolder } from '../ambassador-process.ts';
import type { ConsulAgent } from '../consul-agent.ts';
import { startConsulAgent } from '../consul-agent.ts';
import { ScaleWorld } from '../scale-world.ts';
import { seededRandom } from '../seeded-random.ts';
import { startUpstream, unusedPort } from '../upstreams.ts';

/** Tags of `payments`, each of which it is called by. */
export const TAGS = 230;

const LARGE_ENDPOINTS = 2_000;

/** Beside its own files this leaves room for some hundred clients. */
const OPEN_FILES = 400;

export interface StormWorld {
  readonly ambassador: AmbassadorProcess;
  readonly consul: ConsulAgent;
  readonly url: string;
  readonly port: number;
  readonly random: Random;
  /** Puts this into the configuration file, with more of it over what stands there. */
  configure(sections: object): void;
  /** What is no configuration at all. */
  spoilConfiguration(): void;
  /** Instances of `large-0` come and go for a second. */
  churnLarge(): Promise<void>;
  /** Consul begins anew with nothing, and all are registered again. */
  loseRegistry(): Promise<void>;
  /** Where an endpoint of `payments` is registered that comes and goes. */
  readonly ficklePort: number;
  /** Starts what listens there. @returns what ends it with all its connections */
  startFickle(): Promise<() => Promise<void>>;
}

const respond: RequestListener = (_request, response) => response.end('ok');

/** A request meets its fate by its path. */
const misbehave: RequestListener = (request, response) => {
  request.resume();
  switch (request.url) {
    case '/reset':
      response.socket?.resetAndDestroy();
      break;
    case '/half':
      response.writeHead(200, { 'content-length': '100000' });
      response.write('half', () => response.socket?.resetAndDestroy());
      break;
    case '/silent':
      break;
    case '/large':
      response.end(Buffer.alloc(300_000));
      break;
    case '/malformed':
      response.socket?.end('HTTP/1.1 2OO OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabc');
      break;
    default:
      request.on('end', () => response.writeHead(503).end('later'));
  }
};

export async function startStormWorld(t: { after(end: () => unknown): void }): Promise<StormWorld> {
  const consul = await startConsulAgent(t);
  const well = [await startUpstream(t, respond), await startUpstream(t, respond)] as const;
  const ill = await startUpstream(t, misbehave);
  const ficklePort = await unusedPort();
  const [{ port: wellPort }] = well;
  const large = new ScaleWorld(consul, {
    services: 1,
    endpointsPerService: LARGE_ENDPOINTS,
    port: wellPort,
    prefix: 'large',
  });
  const register = async (): Promise<void> => {
    const tags = Array.from({ length: TAGS }, (_, tag) => `tag-${tag}`);
    for (const [index, { port }] of well.entries()) {
      await consul.register({ name: 'payments', id: `payments-${index}`, port, tags });
    }
    await consul.register({ name: 'payments', id: 'payments-fickle', port: ficklePort });
    await consul.register({ name: 'fraud', port: ill.port });
    await consul.register({ name: 'unusable', address: 'http://10.0.0.7', port: 80 });
    for (let i = 0; i < 20; i++) await consul.register({ name: `rare-${i}`, port: wellPort });
    await large.register();
  };
  await register();

  const folder = temporaryFolder();
  const file = configFile({});
  const config = {
    consul: { address: consul.address },
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    // Each request is a line, so that a reader who stalls leaves a full pipe behind it.
    accessLog: { sample: 1 },
    drain: { timeout: '1s' },
    discovery: { snapshotFile: join(folder, 'snapshot.json'), idleTimeout: '2s', maxWatches: 8 },
    defaults: { timeout: { request: '2s', perTry: '500ms' }, connections: { keepAlive: '1s' } },
  };
  const configure = (sections: object): void =>
    writeFileSync(file, JSON.stringify({ ...config, ...sections }));
  configure({});
  const ambassador = spawnAmbassador(t, ['run', '-c', file], true, undefined, { openFiles: OPEN_FILES });
  await ambassador.logged(/^listening on /);
  await ambassador.untilReady();
  const { url } = ambassador;
  return {
    ambassador,
    consul,
    url,
    port: Number(new URL(url).port),
    random: seededRandom(11),
    configure,
    churnLarge: () => large.churn(large.names, { perSecond: 3, seconds: 1, random: seededRandom(12) }),
    loseRegistry: async () => {
      await consul.restart({ keepData: false });
      await register();
    },
    spoilConfiguration: () => writeFileSync(file, '{ "listen": [ '),
    ficklePort,
    startFickle: () => startFickle(ficklePort),
  };
}

async function startFickle(port: number): Promise<() => Promise<void>> {
  const server = createServer(respond);
  // Another process may have taken the port meanwhile: then nobody is there for a while longer.
  const listens = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (!listens) return async () => {};
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
}
