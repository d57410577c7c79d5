// What users configure of where requests go: subsets, splits, failover and shadowing.

import { z } from 'zod';
import { flag, ratio, text } from '../schema/fields.ts';

const SUBSET_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const EXPECTED_SUBSET = 'expected the name of a subset, such as v2';

const subset = z
  .strictObject({
    tags: z
      .array(text('expected a tag'), { error: 'expected a list of tags' })
      .default([])
      .describe('Only instances with all of these tags.'),
    filter: text('expected a filter expression')
      .optional()
      .describe('Consul\'s filter expression, such as Service.Meta.version == "2".'),
    onlyPassing: flag()
      .default(false)
      .describe('Whether instances with a warning are left out (default false).'),
  })
  .refine(({ tags, filter, onlyPassing }) => tags.length > 0 || filter !== undefined || onlyPassing, {
    error: 'expected at least one of tags, filter and onlyPassing: true',
  });

export const subsetsOptions = z.record(z.string().regex(SUBSET_NAME, { error: EXPECTED_SUBSET }), subset, {
  error: 'expected a map of subsets, such as v2: { tags: [v2] }',
});

const target = {
  service: text('expected the name of a service').optional().describe('Another service (default: this one).'),
  subset: text(EXPECTED_SUBSET)
    .optional()
    .describe('Only this subset: one of `subsets` of the service that is called there.'),
  datacenter: text('expected the name of a datacenter').optional().describe('In this datacenter.'),
  peer: text('expected the name of a cluster peer')
    .optional()
    .describe('At this cluster peer (Consul 1.13), in place of a datacenter.'),
};

const ONE_PLACE = { error: 'expected a datacenter or a peer, not both' };

function isOnePlace({ datacenter, peer }: { datacenter?: string | undefined; peer?: string | undefined }) {
  return datacenter === undefined || peer === undefined;
}

const split = z
  .strictObject({
    weight: z
      .number({ error: 'expected a number, at least 0, such as 90' })
      .min(0, { error: 'expected a number, at least 0, such as 90' })
      .max(1_000_000, { error: 'expected a number of at most 1000000' })
      .describe('Its share, relative to the sum of all weights; 0 for none.'),
    ...target,
  })
  .refine(isOnePlace, ONE_PLACE);

export const splitOptions = z
  .array(split, { error: 'expected a list, such as [{ weight: 90 }, { weight: 10, subset: v2 }]' })
  .min(1, { error: 'expected at least one entry' })
  .max(32, { error: 'expected at most 32 entries' })
  .refine((splits) => splits.length === 0 || splits.some(({ weight }) => weight > 0), {
    error: 'expected a weight above 0',
  });

const failoverTarget = z
  .strictObject({
    ...target,
    query: text('expected the name of a prepared query')
      .optional()
      .describe('A prepared query in Consul instead of a service.'),
  })
  .refine((entry) => Object.values(entry).some((value) => value !== undefined), {
    error: 'expected at least one of service, subset, datacenter, peer and query',
  })
  .refine(isOnePlace, ONE_PLACE)
  .refine(
    ({ query, ...others }) =>
      query === undefined || Object.values(others).every((value) => value === undefined),
    { error: 'expected a query alone: it says itself where it looks' },
  );

const EXPECTED_META_KEY = 'expected a key of node metadata, such as zone';
const EXPECTED_META_KEYS = 'expected a list of keys of node metadata, such as [zone, region]';

export const failoverOptions = z.strictObject({
  to: z
    .array(failoverTarget, { error: 'expected a list, such as [{ datacenter: dc2 }]' })
    .max(16, { error: 'expected at most 16 entries' })
    .default([])
    .describe(
      'Where requests go when the service has no endpoint to use, in order: the next one takes over when the one before has none either. Default: what the service-resolver in Consul says.',
    ),
  nearest: z
    .array(text(EXPECTED_META_KEY), { error: EXPECTED_META_KEYS })
    .min(1, { error: EXPECTED_META_KEYS })
    .max(8, { error: 'expected at most 8 keys' })
    .refine((keys) => new Set(keys).size === keys.length, { error: 'expected each key once' })
    .optional()
    .describe(
      'Keys of node metadata in Consul, the nearest first, such as [zone, region]: endpoints whose nodes have the same zone and region as the node of our agent are a tier before those that have the same region, and these before all others (default: what PrioritizeByLocality of the service-resolver in Consul says).',
    ),
  overprovisioning: z
    .number({ error: 'expected a number, at least 1' })
    .min(1, { error: 'expected a number, at least 1' })
    .max(100, { error: 'expected a number of at most 100' })
    .optional()
    .describe(
      "Lets the next tier take a share before the one before is all gone: its healthy part times this factor is the share that a tier bears, as Envoy's 1.4 (default: strict tiers).",
    ),
});

export const shadowOptions = z.strictObject({
  to: text('expected the name of a service').describe('The service that gets the copies.'),
  share: ratio().default(1).describe('The share of requests that are copied (default 1).'),
});

export type SubsetsOptions = Readonly<z.output<typeof subsetsOptions>>;
export type SplitOptions = Readonly<z.output<typeof splitOptions>>;
export type FailoverOptions = Readonly<z.output<typeof failoverOptions>>;
export type ShadowOptions = Readonly<z.output<typeof shadowOptions>>;
