// What users configure of the callers that are not their application, and of what the application may call.

import { z } from 'zod';

const ORIGIN = /^(?:\*|null|[a-z][a-z0-9+.-]*:\/\/[^/\s@]+)$/i;
const HOST_PATTERN = /^(?:\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)$/i;
const EXPECTED_ORIGIN = 'expected an origin without a path, such as http://localhost:3000';
const EXPECTED_HOST = 'expected a host name without a port, such as ambassador.example.com or *.example.com';

export const allowedOrigins = z
  .array(z.string({ error: EXPECTED_ORIGIN }).regex(ORIGIN, { error: EXPECTED_ORIGIN }), {
    error: 'expected a list of origins, such as [http://localhost:3000]',
  })
  .default([])
  .describe(
    'Origins whose web pages may call services through the ambassador, such as http://localhost:3000; "*" for every one. Others are refused with 403: docs/security.md.',
  );

export const allowedHosts = z
  .array(z.string({ error: EXPECTED_HOST }).regex(HOST_PATTERN, { error: EXPECTED_HOST }), {
    error: 'expected a list of host names, such as [ambassador.example.com]',
  })
  .default([])
  .describe(
    'Host names by which the ambassador may be called beside localhost, IP addresses, names without a dot and names of services: example.com, *.example.com, or "*" for every one. Others are refused with 403, since a web page can point a name of its own here: docs/security.md.',
  );
