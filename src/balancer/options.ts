// What users configure of load balancing.

import { z } from 'zod';
import { duration, positiveDuration, text, wholeNumber } from '../schema/fields.ts';
import { isPrime } from './prime.ts';

const LARGEST_RING = 8_388_608;
const LARGEST_MAGLEV_TABLE = 5_000_011;

export const POLICY_NAMES = [
  'peakEwma',
  'leastRequest',
  'roundRobin',
  'random',
  'ringHash',
  'maglev',
] as const;

export type PolicyName = (typeof POLICY_NAMES)[number];

const hashSource = z
  .strictObject({
    header: text('expected the name of a header')
      .optional()
      .describe('Hash the value of this header. Upper and lower case in its name are the same.'),
    cookie: text('expected the name of a cookie').optional().describe('Hash the value of this cookie.'),
    path: z
      .literal(true, { error: 'expected true' })
      .optional()
      .describe('true: hash the path that the upstream gets, without its query.'),
    sourceAddress: z
      .literal(true, { error: 'expected true' })
      .optional()
      .describe("true: hash the caller's address."),
  })
  .refine((source) => Object.values(source).filter((value) => value !== undefined).length === 1, {
    error: 'expected exactly one of header, cookie, path and sourceAddress',
  });

/** Exactly one key is set. */
export type HashSource = z.output<typeof hashSource>;

const slowStart = z.strictObject({
  window: duration()
    .prefault('10s')
    .describe('How long a new endpoint takes to reach its full weight (default 10s); 0s for at once.'),
  aggression: z
    .number({ error: 'expected a number above 0' })
    .positive({ error: 'expected a number above 0' })
    .default(1)
    .describe('The shape of the rise: 1 is linear, more rises faster at first (default 1).'),
  minimumWeightPercent: wholeNumber(1, 100)
    .default(10)
    .describe('The share of its weight in percent that a new endpoint has from the first (default 10).'),
});

const ringHash = z
  .strictObject({
    minimumRingSize: wholeNumber(1, LARGEST_RING)
      .default(1024)
      .describe(
        'How many points the ring has at least (default 1024); the endpoint of the greatest weight gets half as many. More points spread keys more evenly.',
      ),
    maximumRingSize: wholeNumber(1, LARGEST_RING)
      .default(131_072)
      .describe(
        'How many points the ring has at most (default 131072, built within tens of milliseconds). From there on, more endpoints mean fewer points for each, but at least one.',
      ),
  })
  .refine(({ minimumRingSize, maximumRingSize }) => minimumRingSize <= maximumRingSize, {
    error: 'expected at least minimumRingSize',
    path: ['maximumRingSize'],
  });

const maglev = z.strictObject({
  tableSize: wholeNumber(2, LARGEST_MAGLEV_TABLE)
    .refine((slots) => slots > LARGEST_MAGLEV_TABLE || isPrime(slots), {
      error: 'expected a prime number, such as 65537',
    })
    .default(65_537)
    .describe(
      'How many slots the table has: a prime well above the number of endpoints (default 65537, at most 5000011).',
    ),
});

/**
 * Load balancing of one service. Times are milliseconds once read.
 *
 * Source: Envoy, config/cluster/v3/cluster.proto; Finagle's and Linkerd's peak EWMA.
 */
export const loadBalancerOptions = z
  .strictObject({
    policy: z
      .enum(POLICY_NAMES, { error: `expected one of ${POLICY_NAMES.join(', ')}` })
      .default('peakEwma')
      .describe(
        'How an endpoint is picked (default peakEwma). peakEwma: of two, rather the one that should respond sooner; one that should take twice as long as the others gets a quarter of its share. leastRequest: of two, the one with fewer open requests. roundRobin: each in turn. random. ringHash, maglev: by a hash of the request (hashOn).',
      ),
    hashOn: z
      .array(hashSource, { error: 'expected a list, such as [{ header: x-user-id }]' })
      .max(8, { error: 'expected at most 8 entries' })
      .default([])
      .describe(
        'For ringHash and maglev: what a request is hashed by. The first entry that the request has a value for counts; a request without any goes to a random endpoint.',
      ),
    slowStart: slowStart
      .prefault({})
      .describe(
        'Spares endpoints that have just come into service or back from an ejection. Not with ringHash and maglev.',
      ),
    panic: z
      .boolean({ error: 'expected true or false' })
      .default(true)
      .describe(
        'Whether, with every endpoint ejected, the ejected ones are used, and with every one critical, the critical ones, rather than answering 503 (default true).',
      ),
    latencyDecay: positiveDuration()
      .prefault('5s')
      .describe(
        'For peakEwma: the time without a request after which what was measured of an endpoint no longer counts, so that a slow one is tried again (default 5s). It halves with each fifth of it.',
      ),
    ringHash: ringHash.prefault({}).describe('For ringHash: the size of the ring.'),
    maglev: maglev.prefault({}).describe('For maglev: the size of the table.'),
  })
  .refine(({ policy, hashOn }) => hashOn.length > 0 || (policy !== 'ringHash' && policy !== 'maglev'), {
    error: 'expected at least one entry, such as { header: x-user-id }, for a policy that goes by a hash',
    path: ['hashOn'],
  });

export type LoadBalancerOptions = z.output<typeof loadBalancerOptions>;
