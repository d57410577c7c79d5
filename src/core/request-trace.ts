// Tracing as the request path knows it: a request belongs to a trace, and each attempt tells its endpoint so.

/** A span that will be told of. Ids are lower-case hex (W3C Trace Context, "traceparent Header Field Values"). */
export interface RequestSpan {
  readonly id: string;
  /** The span of the caller; undefined when the trace begins here. */
  readonly parentId: string | undefined;
}

export interface AttemptTrace {
  /** Undefined when the trace is not sampled. */
  readonly spanId: string | undefined;
  /** The header fields by which the endpoint goes on with the trace: name, value, name, value … */
  readonly fields: readonly string[];
}

export interface RequestTrace {
  readonly traceId: string;
  /** The request's own span; undefined when the trace is not sampled. */
  readonly span: RequestSpan | undefined;
  /** For one more attempt. */
  attempt(): AttemptTrace;
}

export interface RequestTracer {
  /** @param headers the fields of the request as they came */
  begin(headers: readonly string[]): RequestTrace;
}
