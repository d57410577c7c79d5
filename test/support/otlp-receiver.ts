// A receiver of OTLP over HTTP, in both of its encodings, that keeps the spans it gets.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import { eventually } from './eventually.ts';
import { messages, text, varint } from './protobuf-reader.ts';
import { startUpstream } from './upstreams.ts';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty when it has none. */
  readonly parentSpanId: string;
  readonly name: string;
  /** OTLP's: 2 server, 3 client. */
  readonly kind: number;
  /** Nanoseconds since the Unix epoch. */
  readonly start: bigint;
  readonly end: bigint;
  /** 0 unset, 2 error. */
  readonly status: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  /** How many batches came, taken or not. */
  readonly batches: number;
  /** The header fields of the last batch. */
  readonly headers: IncomingMessage['headers'];
  /** Waits until so many spans have come in all. */
  untilSpans(count: number): Promise<readonly ReceivedSpan[]>;
}

/** Answers a batch in another way than by taking it; true when it did. */
export type Refusal = (response: ServerResponse, batch: number) => boolean;

export async function startOtlpReceiver(
  t: TestContext,
  refuse: Refusal = () => false,
): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  let batches = 0;
  let headers: IncomingMessage['headers'] = {};
  const { port } = await startUpstream(t, async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    headers = request.headers;
    if (refuse(response, batches++)) return;
    if (request.url !== '/v1/traces' || request.method !== 'POST') {
      response.writeHead(404).end();
      return;
    }
    const json = request.headers['content-type'] === 'application/json';
    const content = Buffer.concat(chunks);
    spans.push(...(json ? fromJson(JSON.parse(content.toString())) : fromProtobuf(content)));
    response.writeHead(200, { 'content-type': request.headers['content-type'] }).end(json ? '{}' : '');
  });
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    get batches() {
      return batches;
    },
    get headers() {
      return headers;
    },
    untilSpans: (count) =>
      eventually(() => {
        if (spans.length < count) throw new Error(`${spans.length} of ${count} spans have come`);
        return spans;
      }),
  };
}

// What is used here of ExportTraceServiceRequest (opentelemetry-proto, trace/v1/trace.proto), as JSON.

interface JsonValue {
  readonly stringValue?: string;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values: readonly JsonValue[] };
}

type JsonAttributes = readonly { readonly key: string; readonly value: JsonValue }[];

interface JsonRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: JsonAttributes };
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly name: string;
        readonly kind: number;
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
        readonly status?: { readonly code?: number };
        readonly attributes: JsonAttributes;
      }[];
    }[];
  }[];
}

function fromJson({ resourceSpans }: JsonRequest): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        name: span.name,
        kind: span.kind,
        start: BigInt(span.startTimeUnixNano),
        end: BigInt(span.endTimeUnixNano),
        status: span.status?.code ?? 0,
        attributes: jsonAttributes(span.attributes),
        resource: jsonAttributes(resource.attributes),
      })),
    ),
  );
}

function jsonAttributes(attributes: JsonAttributes): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, jsonValue(value)]));
}

function jsonValue({ stringValue, intValue, doubleValue, arrayValue }: JsonValue): unknown {
  if (arrayValue !== undefined) return arrayValue.values.map(jsonValue);
  return stringValue ?? (intValue === undefined ? doubleValue : Number(intValue));
}

// The same as protobuf, by the numbers of its fields.

function fromProtobuf(content: Buffer): ReceivedSpan[] {
  return messages(content, 1).flatMap((resourceSpans) => {
    const resource = messages(resourceSpans, 1)[0] ?? Buffer.alloc(0);
    return messages(resourceSpans, 2)
      .flatMap((scopeSpans) => messages(scopeSpans, 2))
      .map((span) => ({
        traceId: hex(span, 1),
        spanId: hex(span, 2),
        parentSpanId: hex(span, 4),
        name: text(span, 5) ?? '',
        kind: varint(span, 6) ?? 0,
        start: messages(span, 7)[0]?.readBigUInt64LE() ?? 0n,
        end: messages(span, 8)[0]?.readBigUInt64LE() ?? 0n,
        status: varint(messages(span, 15)[0] ?? Buffer.alloc(0), 3) ?? 0,
        attributes: protobufAttributes(messages(span, 9)),
        resource: protobufAttributes(messages(resource, 1)),
      }));
  });
}

function hex(message: Buffer, field: number): string {
  return messages(message, field)[0]?.toString('hex') ?? '';
}

function protobufAttributes(attributes: readonly Buffer[]): Record<string, unknown> {
  return Object.fromEntries(
    attributes.map((pair) => [text(pair, 1), protobufValue(messages(pair, 2)[0] ?? Buffer.alloc(0))]),
  );
}

function protobufValue(value: Buffer): unknown {
  const list = messages(value, 5)[0];
  if (list !== undefined) return messages(list, 1).map(protobufValue);
  return text(value, 1) ?? varint(value, 3) ?? messages(value, 4)[0]?.readDoubleLE();
}
