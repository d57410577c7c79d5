// The trace of a request: gone on with from what the caller sent, in W3C's fields or in B3's, or begun.

import type { Random } from '../../core/random.ts';
import type { AttemptTrace, RequestSpan, RequestTrace, RequestTracer } from '../../core/request-trace.ts';
import type { B3Fields } from './b3.ts';
import { b3Fields, formatB3, parseB3 } from './b3.ts';
import type { SamplingOptions } from './sampler.ts';
import { isSampled } from './sampler.ts';
import type { RemoteParent } from './trace-context.ts';
import { boundedTracestate, formatTraceparent, parseTraceparent } from './trace-context.ts';
import { newSpanId, newTraceId } from './trace-ids.ts';

/** What a caller sent of a trace. */
interface Incoming {
  parent: RemoteParent | undefined;
  decision: boolean | undefined;
  debug: boolean;
  tracestate: string | undefined;
  /** The forms of B3 that the caller speaks, which are sent to the endpoint too. */
  single: boolean;
  multiple: boolean;
}

export class Tracer implements RequestTracer {
  readonly #sampling: SamplingOptions;
  readonly #random: Random;

  constructor(sampling: SamplingOptions, random: Random) {
    this.#sampling = sampling;
    this.#random = random;
  }

  begin(headers: readonly string[]): RequestTrace {
    const incoming = read(headers);
    const traceId = incoming.parent?.traceId ?? newTraceId(this.#random);
    const sampled = incoming.debug || isSampled(traceId, incoming.decision, this.#sampling);
    return new Trace(traceId, sampled, incoming, this.#random);
  }
}

class Trace implements RequestTrace {
  readonly traceId: string;
  readonly span: RequestSpan | undefined;
  readonly #incoming: Incoming;
  readonly #random: Random;
  #unsampled: AttemptTrace | undefined;

  constructor(traceId: string, sampled: boolean, incoming: Incoming, random: Random) {
    this.traceId = traceId;
    this.span = sampled ? { id: newSpanId(random), parentId: incoming.parent?.spanId } : undefined;
    this.#incoming = incoming;
    this.#random = random;
  }

  attempt(): AttemptTrace {
    if (this.span !== undefined) {
      const spanId = newSpanId(this.#random);
      return { spanId, fields: this.#fields(spanId, this.span.id, true) };
    }
    // There will be no span of ours, so that the caller's stays the parent of what the endpoint records.
    this.#unsampled ??= {
      spanId: undefined,
      fields: this.#fields(this.#incoming.parent?.spanId ?? newSpanId(this.#random), undefined, false),
    };
    return this.#unsampled;
  }

  #fields(spanId: string, parentId: string | undefined, sampled: boolean): string[] {
    const { parent, tracestate, single, multiple, debug } = this.#incoming;
    const fields = ['traceparent', formatTraceparent(this.traceId, spanId, sampled, parent?.random === true)];
    if (tracestate !== undefined) fields.push('tracestate', tracestate);
    if (!single && !multiple) return fields;
    const b3 = { traceId: this.traceId, spanId, parentId, sampled, debug };
    if (single) fields.push('b3', formatB3(b3));
    if (multiple) fields.push(...b3Fields(b3));
    return fields;
  }
}

/** The fields that matter, by name; each is here so that the others cost one look at their length. */
const NAMES: ReadonlySet<string> = new Set([
  'traceparent',
  'tracestate',
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-sampled',
  'x-b3-flags',
]);
const LENGTHS: ReadonlySet<number> = new Set([...NAMES].map((name) => name.length));

/** W3C's fields count over B3's. What is not valid counts as not sent. */
function read(headers: readonly string[]): Incoming {
  const found: Record<string, string> = {};
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const field = headers[i] as string;
    if (!LENGTHS.has(field.length)) continue;
    const name = field.toLowerCase();
    if (!NAMES.has(name)) continue;
    // Several traceparents make none (they contain a comma); several tracestates are one.
    const before = found[name];
    found[name] = before === undefined ? (headers[i + 1] as string) : `${before},${headers[i + 1]}`;
  }
  const fields: B3Fields = {
    single: found['b3'],
    traceId: found['x-b3-traceid'],
    spanId: found['x-b3-spanid'],
    sampled: found['x-b3-sampled'],
    flags: found['x-b3-flags'],
  };
  const single = fields.single !== undefined;
  const multiple = fields.traceId !== undefined || fields.sampled !== undefined || fields.flags !== undefined;
  const traceparent = found['traceparent'];
  const w3c = traceparent === undefined ? undefined : parseTraceparent(traceparent);
  const b3 = single || multiple ? parseB3(fields) : undefined;
  const tracestate = found['tracestate'];
  return {
    parent: w3c ?? b3?.parent,
    decision: w3c === undefined ? b3?.sampled : w3c.sampled,
    debug: b3?.debug === true,
    tracestate: w3c === undefined || tracestate === undefined ? undefined : boundedTracestate(tracestate),
    single,
    multiple,
  };
}
