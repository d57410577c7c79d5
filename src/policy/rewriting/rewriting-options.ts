// What users configure of the messages on their way: what the endpoint sees as Host, header fields, paths, and what
// brings redirects and cookies back through the ambassador.

import { z } from 'zod';
import { FIELD_NAME } from '../../schema/field-names.ts';
import { flag, secret } from '../../schema/fields.ts';
import { whyProtected } from './protected-fields.ts';

const HOST = /^(?:keep|endpoint|(?:\[[0-9a-f:.]+\]|[a-z0-9._~-]+)(?::(\d{1,5}))?)$/i;
const EXPECTED_HOST = 'expected keep, endpoint, or a host such as shop.example.com';
const LARGEST_PORT = 65_535;

export const hostOption = z
  .string({ error: EXPECTED_HOST })
  .regex(HOST, { error: EXPECTED_HOST })
  .refine((host) => Number(HOST.exec(host)?.[1] ?? 1) <= LARGEST_PORT, {
    error: 'expected a port of at most 65535',
  })
  .describe(
    "What the endpoint sees as Host: keep (what the client called), endpoint (the endpoint's own address), or a name (default: keep where the host names the service or the ambassador is the forward proxy, endpoint otherwise).",
  );

export const viaOption = flag()
  .default(true)
  .describe(
    'Whether requests say in Via that they came through a proxy (default true). nginx compresses nothing for those unless it has gzip_proxied: docs/headers.md.',
  );

const FIELD_VALUE = /^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/;
const EXPECTED_VALUE = 'expected text without line breaks, and without spaces at its ends';

function changedField() {
  return z
    .string()
    .regex(FIELD_NAME, { error: 'expected the name of a header' })
    .superRefine((name, context) => {
      const message = whyProtected(name);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    });
}

function fieldMap(description: string) {
  return z
    .record(changedField(), secret('expected text').regex(FIELD_VALUE, { error: EXPECTED_VALUE }), {
      error: 'expected a map of header fields, such as x-team: shop',
    })
    .default({})
    .describe(description);
}

function eachOnce(fields: Readonly<Record<string, string>>, context: z.RefinementCtx): void {
  const seen = new Set<string>();
  for (const name of Object.keys(fields)) {
    const lower = name.toLowerCase();
    if (seen.has(lower)) {
      const message = `expected ${lower} once: names of headers are the same in any case`;
      context.addIssue({ code: 'custom', path: [name], message });
    }
    seen.add(lower);
  }
}

const headerRules = z
  .strictObject({
    remove: z
      .array(changedField(), { error: 'expected a list of names of headers' })
      .default([])
      .describe('Fields that are taken off.'),
    set: fieldMap('Fields with their values, in place of all of that name.').superRefine(eachOnce),
    add: fieldMap('Fields with their values, beside those of that name.'),
  })
  .transform(({ remove, set, add }) => ({
    dropped: new Set([...remove, ...Object.keys(set)].map((name) => name.toLowerCase())),
    appended: [...Object.entries(set), ...Object.entries(add)].flat(),
  }));

export const headersOptions = z.strictObject({
  request: headerRules.optional().describe('Of requests, as the endpoint gets them.'),
  response: headerRules
    .optional()
    .describe('Of responses, as the client gets them; those of the ambassador itself stay as they are.'),
});

function pathPrefix(expected: string) {
  return z
    .string({ error: expected })
    .regex(/^\/[!-"$->@-~]*$/, { error: expected })
    .transform((path) => (path.endsWith('/') ? path.slice(0, -1) : path));
}

const pathRule = z.strictObject({
  prefix: pathPrefix('expected a path such as /v1')
    .prefault('/')
    .describe('What is replaced at the beginning of paths, in whole segments (default /). Other paths stay.'),
  replacement: pathPrefix('expected a path such as /internal')
    .prefault('/')
    .describe('What takes its place (default /: the prefix is taken off).'),
});

export const rewriteOptions = z.strictObject({
  location: flag()
    .optional()
    .describe(
      'Whether Location, Content-Location and Refresh that point at the endpoint, or at a path, lead back through the ambassador (default: true where the path names the service, false otherwise).',
    ),
  cookies: flag()
    .optional()
    .describe(
      "Whether the Path of cookies gets what was taken off the request's path, and a Domain that is the endpoint's is dropped (default: as for location).",
    ),
  path: pathRule.optional().describe('What becomes of the path on its way to the endpoint.'),
});

export type HeadersOptions = z.output<typeof headersOptions>;
export type RewriteOptions = z.output<typeof rewriteOptions>;
