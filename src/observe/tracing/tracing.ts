// Tracing as one thing: what the composition root builds, gives to the request path, and closes.

import type { Clock } from '../../core/clock.ts';
import type { Observer } from '../../core/events.ts';
import type { Logger } from '../../core/logger.ts';
import type { Random } from '../../core/random.ts';
import type { RequestFacts } from '../../core/request-facts.ts';
import type { RequestTracer } from '../../core/request-trace.ts';
import type { OtlpProtocol } from './otlp-encoder.ts';
import { otlpEncoder } from './otlp-encoder.ts';
import { OtlpReceiver } from './otlp-receiver.ts';
import { spansOf } from './span.ts';
import { SpanExporter } from './span-exporter.ts';
import { Tracer } from './tracer.ts';

export interface TracingOptions {
  /** Where traces are posted. */
  readonly url: URL;
  readonly protocol: OtlpProtocol;
  readonly headers: Readonly<Record<string, string>>;
  /** How long one batch may take, in milliseconds. */
  readonly timeoutMs: number;
  /** The share of traces that are recorded where no caller has decided, 0 to 1. */
  readonly sample: number;
  readonly parentBased: boolean;
  /** OpenTelemetry's resource: who it is that makes these spans. */
  readonly resource: Readonly<Record<string, string>>;
  /** The ambassador's own version. */
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

export interface Tracing extends Observer {
  readonly tracer: RequestTracer;
  readonly exporter: SpanExporter;
}

/** Loads what tracing needs: nothing of it is loaded otherwise. */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { clock, random, logger, url, headers, timeoutMs, sample, parentBased } = options;
  const encoder = await otlpEncoder(options);
  const receiver = new OtlpReceiver({ url, headers, timeoutMs, encoder, clock });
  const exporter = new SpanExporter({ receiver, clock, random, logger });
  return {
    tracer: new Tracer({ ratio: sample, parentBased }, random),
    exporter,
    requestFinished: (facts: RequestFacts) => {
      if (facts.span !== undefined) exporter.push(1 + facts.attempts.length, () => spansOf(facts));
    },
  };
}
