// What users configure of tracing. Names and defaults are OpenTelemetry's own where it has them.

import { z } from 'zod';
import { flag, positiveDuration, ratio, secret, text } from '../schema/fields.ts';

const EXPECTED_URL = 'expected an address such as http://127.0.0.1:4318';

const httpUrl = z
  .string({ error: EXPECTED_URL })
  .refine((written) => /^https?:\/\/[^@/\s?#]+(?:\/[^@\s?#]*)?$/.test(written) && URL.canParse(written), {
    error: EXPECTED_URL,
  });

/** RFC 9110 §5.1, and nothing that would break the message. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const otlpOptions = z.strictObject({
  endpoint: httpUrl
    .optional()
    .describe(
      'Where an OTLP receiver listens for HTTP, such as http://127.0.0.1:4318; v1/traces is added (OTEL_EXPORTER_OTLP_ENDPOINT). Tracing is off without this or tracesEndpoint.',
    ),
  tracesEndpoint: httpUrl
    .optional()
    .describe('The same, used as it is written (OTEL_EXPORTER_OTLP_TRACES_ENDPOINT); wins over endpoint.'),
  protocol: z
    .enum(['http/protobuf', 'http/json'], { error: 'expected one of http/protobuf, http/json' })
    .default('http/protobuf')
    .describe('How spans are encoded (default http/protobuf).'),
  headers: z
    .record(
      z.string().regex(HEADER_NAME, { error: 'expected the name of a header' }),
      secret('expected text').regex(/^[\t -~\x80-\xff]*$/, { error: 'expected text without line breaks' }),
      { error: 'expected a map of header names and values' },
    )
    .prefault({})
    .describe('Header fields for the receiver, such as an API key (OTEL_EXPORTER_OTLP_HEADERS).'),
  timeout: positiveDuration()
    .prefault('10s')
    .describe('How long the receiver may take for one batch (default 10s).'),
});

export const tracingOptions = z.strictObject({
  enabled: flag()
    .default(true)
    .describe('Whether requests are traced where there is an endpoint for it (default true).'),
  otlp: otlpOptions.prefault({}).describe('Where the spans go.'),
  sample: ratio()
    .default(1)
    .describe('The share of traces that are recorded where the caller has not decided (default 1).'),
  parentBased: flag()
    .default(true)
    .describe("Whether the caller's decision counts, where it made one (default true)."),
  serviceName: text('expected a name')
    .default('consul-ambassador')
    .describe('Under which name its spans appear (OTEL_SERVICE_NAME; default consul-ambassador).'),
  resourceAttributes: z
    .record(text(), z.string({ error: 'expected text' }), { error: 'expected a map of names and texts' })
    .prefault({})
    .describe('More about who makes these spans (OTEL_RESOURCE_ATTRIBUTES).'),
});

export type TracingOptions = z.output<typeof tracingOptions>;
