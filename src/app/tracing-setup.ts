// Tracing as the configuration wants it, or none.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { TracingConfig } from '../config/types.ts';
import type { Clock } from '../core/clock.ts';
import { loadModule } from '../core/load-module.ts';
import type { Logger } from '../core/logger.ts';
import type { Random } from '../core/random.ts';
import type { Tracing } from '../observe/tracing/tracing.ts';
import { VERSION } from './version.ts';

export interface TracingSetUp {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Undefined when it is off, which costs nothing: what it needs is not even loaded. */
export async function setUpTracing(config: TracingConfig, parts: TracingSetUp): Promise<Tracing | undefined> {
  const url = tracesUrl(config.otlp);
  if (!config.enabled || url === undefined) return undefined;
  const { otlp, sample, parentBased } = config;
  parts.logger.info({ receiver: url.href, sample }, `Traces go to ${url.href}.`);
  const { startTracing } = loadModule<typeof import('../observe/tracing/tracing.ts')>(
    '../observe/tracing/tracing.ts',
    import.meta.url,
  );
  return startTracing({
    ...parts,
    url,
    protocol: otlp.protocol,
    headers: otlp.headers,
    timeoutMs: otlp.timeout,
    sample,
    parentBased,
    resource: {
      'service.instance.id': randomUUID(),
      'service.version': VERSION,
      'host.name': hostname(),
      ...config.resourceAttributes,
      'service.name': config.serviceName,
    },
    version: VERSION,
  });
}

/** OTLP specification, "OTLP/HTTP Request": the path for traces is added to an endpoint for all signals. */
function tracesUrl({ endpoint, tracesEndpoint }: TracingConfig['otlp']): URL | undefined {
  if (tracesEndpoint !== undefined) return new URL(tracesEndpoint);
  return endpoint === undefined ? undefined : new URL(`${endpoint.replace(/\/$/, '')}/v1/traces`);
}
