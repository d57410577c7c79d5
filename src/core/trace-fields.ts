// The header fields that name a trace and the caller's span in it: W3C Trace Context, and B3 in both its forms.

export const TRACE_FIELDS: ReadonlySet<string> = new Set([
  'traceparent',
  'tracestate',
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
]);
