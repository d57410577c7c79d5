// What users configure of the ambassador as the forward proxy of their application (HTTP_PROXY).

import { z } from 'zod';

const HOST_PATTERN = /^(?:\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|[0-9a-f:]*:[0-9a-f:.]+)$/i;
const EXPECTED = 'expected a host without a port, such as api.example.com or *.example.com';

export const forwardProxyOptions = z.strictObject({
  passThrough: z
    .array(
      z
        .string({ error: EXPECTED })
        .regex(HOST_PATTERN, { error: EXPECTED })
        .transform((pattern) => pattern.toLowerCase()),
      { error: 'expected a list of hosts, such as [api.example.com]' },
    )
    .default([])
    .describe(
      'Hosts that are no services and that the application may reach through the ambassador all the same: example.com, *.example.com, an address, or "*" for every one. They are connected to as their name resolves, and their bytes are carried as they are. Others are refused with 404, in a sentence that names NO_PROXY.',
    ),
});
