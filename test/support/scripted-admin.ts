// An admin server whose answers a test writes itself: the dashboard before states that a real one reaches only by chance,
// and before more services and endpoints than a test can start.

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import type { FastifyInstance } from 'fastify';
import fastify from 'fastify';
import type { EndpointView } from '../../src/admin/endpoint-view.ts';
import type { ServiceChainView } from '../../src/admin/service-chain-view.ts';
import type { TranslationView } from '../../src/admin/translation-view.ts';
import type {
  Configuration,
  Overview,
  RequestSamples,
  ServiceHistory,
  ServiceView,
  TimelineEntry,
} from '../../src/dashboard/browser/wire.ts';
import { dashboardRoutes } from '../../src/dashboard/dashboard-routes.ts';

const TICK_MS = 1_000;

export interface ScriptedWorld {
  overview: Overview;
  readonly endpoints: Map<string, readonly EndpointView[]>;
  readonly histories: Map<string, ServiceHistory>;
  readonly requests: Map<string, RequestSamples>;
  /** Of services that are translated. */
  readonly translations?: ReadonlyMap<string, TranslationView>;
  /** Where requests of services go, of those where more is said than their own endpoints. */
  readonly chains?: ReadonlyMap<string, ServiceChainView>;
  timeline: readonly TimelineEntry[];
  settings: Configuration['settings'];
}

export class ScriptedAdmin {
  readonly world: ScriptedWorld;
  readonly #streams = new Set<ServerResponse>();
  #port = 0;
  #server: FastifyInstance | undefined;
  #ticking: NodeJS.Timeout | undefined;

  constructor(world: ScriptedWorld) {
    this.world = world;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** On the same port as before when it was stopped. */
  async start(): Promise<void> {
    const app = fastify({ forceCloseConnections: true });
    this.#server = app;
    dashboardRoutes(app);
    this.#addApi(app);
    await app.listen({ host: '127.0.0.1', port: this.#port });
    const address = app.server.address();
    if (address !== null && typeof address === 'object') this.#port = address.port;
    this.#ticking = setInterval(() => this.push(), TICK_MS);
  }

  async stop(): Promise<void> {
    clearInterval(this.#ticking);
    for (const stream of this.#streams) stream.destroy();
    this.#streams.clear();
    await this.#server?.close();
  }

  /** Sends the overview as it is now. */
  push(): void {
    this.world.overview = { ...this.world.overview, at: new Date().toISOString() };
    for (const stream of this.#streams) stream.write(event('overview', this.world.overview));
  }

  /** Tells of something that happens. */
  happen(entry: Omit<TimelineEntry, 'id' | 'at'>): void {
    const full = { ...entry, id: (this.world.timeline.at(-1)?.id ?? 0) + 1, at: new Date().toISOString() };
    this.world.timeline = [...this.world.timeline, full];
    for (const stream of this.#streams) stream.write(event('timeline', full));
  }

  #addApi(app: FastifyInstance): void {
    const { world } = this;
    app.get('/api/overview', () => world.overview);
    app.get('/api/config', () => ({ ...world.overview.configuration, settings: world.settings }));
    app.get('/api/events', (_request, reply) => {
      reply.hijack();
      reply.raw.writeHead(200, { 'content-type': 'text/event-stream' });
      reply.raw.write(event('overview', world.overview));
      this.#streams.add(reply.raw);
      void once(reply.raw, 'close').then(() => this.#streams.delete(reply.raw));
    });
    app.get<{ Querystring: { service?: string } }>('/api/timeline', ({ query }) => ({
      entries: world.timeline.filter(
        ({ service }) => query.service === undefined || service === query.service,
      ),
    }));
    app.get<{ Params: { name: string } }>('/api/services/:name', ({ params: { name } }, reply) => {
      const overview = world.overview.services.find((service) => service.name === name);
      if (overview === undefined) {
        const isKnown = world.overview.known.includes(name);
        const detail = isKnown ? `${name} has not been called yet.` : `There is no service ${name}.`;
        return reply.code(404).send({ detail });
      }
      return {
        ...overview,
        chain: world.chains?.get(name) ?? null,
        translation: world.translations?.get(name) ?? null,
        endpoints: world.endpoints.get(name) ?? [],
      } satisfies ServiceView;
    });
    app.get<{ Params: { name: string } }>('/api/services/:name/history', ({ params: { name } }) =>
      world.histories.get(name),
    );
    app.get<{ Params: { name: string } }>(
      '/api/services/:name/requests',
      ({ params: { name } }) => world.requests.get(name) ?? { slowest: [], failed: [], recent: [] },
    );
  }
}

function event(name: string, data: object): string {
  const id = 'id' in data ? `id: ${data.id}\n` : '';
  return `event: ${name}\n${id}data: ${JSON.stringify(data)}\n\n`;
}

/** Starts one that ends with the test. */
export async function startScriptedAdmin(
  t: Pick<TestContext, 'after'>,
  world: ScriptedWorld,
): Promise<ScriptedAdmin> {
  const admin = new ScriptedAdmin(world);
  await admin.start();
  t.after(() => admin.stop());
  return admin;
}
