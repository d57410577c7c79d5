// What the words of the page mean: shown by the help dialog, and behind the ? beside a name.

export const GLOSSARY = {
  requests: ['Requests', 'requests that ended, per second over the last 10 s, retries not counted'],
  failed: ['Failed', 'answered 5xx, or not answered at all, after every retry'],
  latency: ['p50, p90, p99', 'half of the requests, or 90 or 99 of 100, took no longer'],
  median: [
    'latency of an endpoint',
    'the median time to the head of its last 15 responses, failures not counted',
  ],
  available: ['available', 'gets requests'],
  ejected: ['ejected', 'gets no requests for a while, because its responses were bad, whatever Consul says'],
  probing: ['probing', 'its ejection is over; one request decides whether it returns'],
  critical: ['critical', 'one of its checks in Consul fails'],
  maintenance: ['maintenance', 'taken out on purpose with consul maint: planned, and no failure'],
  deregistered: [
    'deregistered',
    'not listed any more: it gets no new requests, and is shown while some are under way there',
  ],
  drained: ['drained', 'an operator lets its open requests finish and sends it no new ones'],
  panic: ['panic', 'no endpoint is good, so all of them get requests'],
  circuit: [
    'circuit',
    'open: requests are refused at once while every endpoint fails; half open: a few are let through',
  ],
  inFlight: ['in flight', 'sent, and not yet answered to the end'],
  retryBudget: ['retries left', 'second attempts that the retry budget still allows'],
  table: ['endpoint table', 'the endpoints in force, and when Consul last confirmed them'],
  provenance: ['Consul says', 'what the checks in Consul found; a file, DNS or a snapshot has no checks'],
  connections: [
    'Connections say',
    'what this process saw of an endpoint: its responses, resets and timeouts',
  ],
  openConnections: ['open connections', 'of clients, each carried to an endpoint byte for byte'],
  bytes: ['carried over TCP', 'bytes between clients and endpoints since the process started'],
  consul: ['Consul', 'whether it answers; while it does not, the last known endpoints stay in force'],
  configuration: [
    'configuration',
    'the one in force; a changed file that has mistakes is refused, and the old one stays',
  ],
} as const satisfies Record<string, readonly [word: string, meaning: string]>;

export type Term = keyof typeof GLOSSARY;
