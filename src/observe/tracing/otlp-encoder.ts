// Where OpenTelemetry's own packages are met: its encoders of OTLP, given spans that are finished already. Its SDK
// makes and ends spans as things happen; ours are made of facts once a request is over, if they are made at all.

import type { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { Attributes, Span } from './span.ts';

type Serializer = typeof ProtobufTraceSerializer;
type ReadableSpan = Parameters<Serializer['serializeRequest']>[0][number];

/** Of OTLP over HTTP. */
export type OtlpProtocol = 'http/protobuf' | 'http/json';

export interface OtlpEncoder {
  readonly contentType: string;
  encode(spans: readonly Span[]): Uint8Array;
  /** How many spans of a batch the receiver says it did not take; 0 when it says nothing that can be read. */
  rejectedBy(answer: Uint8Array): number;
}

export interface OtlpEncoderOptions {
  readonly protocol: OtlpProtocol;
  /** What all spans have in common: who made them. */
  readonly resource: Readonly<Attributes>;
  /** The ambassador's own version. */
  readonly version: string;
}

const CONTENT_TYPES = {
  'http/protobuf': 'application/x-protobuf',
  'http/json': 'application/json',
} as const satisfies Record<OtlpProtocol, string>;

/** The packages are loaded here, so that a process that does not trace does not pay for them. */
export async function otlpEncoder({ protocol, resource, version }: OtlpEncoderOptions): Promise<OtlpEncoder> {
  const [{ SpanKind, SpanStatusCode, TraceFlags }, transformer, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/otlp-transformer'),
      import('@opentelemetry/resources'),
    ]);
  const serializer: Serializer =
    protocol === 'http/json' ? transformer.JsonTraceSerializer : transformer.ProtobufTraceSerializer;
  const shared = {
    resource: resourceFromAttributes({ ...resource }),
    instrumentationScope: { name: 'consul-ambassador', version },
    links: [],
    events: [],
    ended: true,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };

  function readable(span: Span): ReadableSpan {
    const { traceId, parentId } = span;
    const traceFlags = TraceFlags.SAMPLED;
    return {
      ...shared,
      name: span.name,
      kind: span.kind === 'server' ? SpanKind.SERVER : SpanKind.CLIENT,
      spanContext: () => ({ traceId, spanId: span.spanId, traceFlags }),
      ...(parentId === undefined
        ? {}
        : { parentSpanContext: { traceId, spanId: parentId, traceFlags, isRemote: span.parentIsRemote } }),
      startTime: hrTime(span.startMs),
      endTime: hrTime(span.endMs),
      duration: hrTime(span.endMs - span.startMs),
      status:
        span.error === undefined
          ? { code: SpanStatusCode.UNSET }
          : { code: SpanStatusCode.ERROR, message: span.error },
      attributes: span.attributes,
    };
  }

  return {
    contentType: CONTENT_TYPES[protocol],
    encode: (spans) => {
      const encoded = serializer.serializeRequest(spans.map(readable));
      if (encoded === undefined) throw new Error('the spans could not be encoded');
      return encoded;
    },
    rejectedBy: (answer) => {
      if (answer.length === 0) return 0;
      try {
        return (
          Math.max(0, Number(serializer.deserializeResponse(answer).partialSuccess?.rejectedSpans ?? 0)) || 0
        );
      } catch {
        return 0;
      }
    },
  };
}

/** Seconds and nanoseconds. */
function hrTime(ms: number): [number, number] {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1e6))];
}
