// `ambassador explain`: what would become of a request, and with --send what became of it.

import { parseArgs } from 'node:util';
import type { ExplainedEndpoint, Explanation } from '../admin/explain-view.ts';
import { overrideTarget } from '../admin/override-view.ts';
import type { Overview } from '../admin/overview-view.ts';
import { messageOf } from '../core/errors.ts';
import { request as sendRequest } from '../http/node-http.ts';
import { EXPLAIN_HEADER } from '../proxy/headers.ts';
import type { RequestExplanation } from '../proxy/request-explanation.ts';
import { addressText } from './address-text.ts';
import { AdminError } from './admin-address.ts';
import type { AdminClient } from './admin-client.ts';
import { ADMIN_OPTIONS, adminClient } from './admin-options.ts';
import { chainRouteText } from './chain-route-text.ts';
import type { Command } from './command.ts';
import { EXIT, UsageError } from './command.ts';
import { textTable } from './text-table.ts';

const OPTIONS = {
  ...ADMIN_OPTIONS,
  header: { type: 'string', short: 'H', multiple: true },
  send: { type: 'boolean', default: false },
  proxy: { type: 'string' },
} as const;

interface Asked {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
}

/** What came of a request that was really sent. */
interface Sent {
  readonly status: number;
  readonly explanation: RequestExplanation | null;
}

export const explain: Command = {
  usage: `ambassador explain [METHOD] TARGET [-H 'NAME: VALUE']... [--send] [--admin ADDRESS] [--json]

  METHOD            default GET
  TARGET            a path such as /payments/charge, or a URL such as http://payments.service.consul/charge
  -H, --header      a header of the request, where routes or hashes go by one
  --send            really sends it, without content, and tells how each attempt went
  --proxy ADDRESS   where it is sent: HOST:PORT or unix:PATH (default: where this ambassador listens)
  --admin ADDRESS   where its admin API listens: HOST:PORT or unix:PATH (default $AMBASSADOR_ADMIN_ADDR, else
                    127.0.0.1:15001)
  --json            the admin API's own response; with --send, what came of it as \`sent\`

Exit code 0 when the request goes to an endpoint (with --send: when it was answered below 500); 1 when the ambassador would
refuse it, or no endpoint may be used.`,
  options: OPTIONS,

  async run(args, io) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const asked = readRequest(positionals, values.header ?? []);
    const query = new URLSearchParams({ method: asked.method, target: asked.target });
    for (const header of asked.headers) query.append('header', header);
    const client = adminClient(values.admin, io.env);
    const explanation = explanationIn(await client.get(`/api/explain?${query}`));
    const sent = values.send ? await send(asked, values.proxy ?? (await proxyOf(client))) : undefined;
    if (values.json) {
      io.print(JSON.stringify(sent === undefined ? explanation : { ...explanation, sent }, null, 2));
    } else {
      io.print(explanationText(explanation));
      if (sent !== undefined) io.print(`\n${sentText(sent)}`);
    }
    return finds(explanation, sent) ? EXIT.done : EXIT.failed;
  },
};

/** Whether the request goes to an endpoint, or, once it was sent, whether one answered it without an error of its own. */
function finds({ refusal, endpoints }: Explanation, sent: Sent | undefined): boolean {
  if (sent !== undefined) return sent.status < FIRST_SERVER_ERROR && refusal === null;
  return refusal === null && endpoints.some(({ usable }) => usable);
}

const FIRST_SERVER_ERROR = 500;

function readRequest(positionals: readonly string[], headers: readonly string[]): Asked {
  const [first, second, ...rest] = positionals;
  if (first === undefined || rest.length > 0) {
    throw new UsageError('explain expects a method and a path, such as GET /payments/charge');
  }
  return second === undefined
    ? { method: 'GET', target: first, headers }
    : { method: first.toUpperCase(), target: second, headers };
}

function explanationIn(answer: unknown): Explanation {
  if (typeof answer === 'object' && answer !== null && 'chain' in answer) return answer as Explanation;
  throw new AdminError('the admin API answered something else than an explanation');
}

/** What rules for Host, fields, redirects and cookies come to, where they come to something. */
function messageText(sent: Explanation['sent']): string[] {
  if (sent === null) return [];
  const { host, forwardedPrefix, via, requestFields, responseFields, rewritesLocation, rewritesCookies } =
    sent;
  const text = [`  with Host ${host ?? "the endpoint's own address"}`];
  if (forwardedPrefix !== null) text.push(`X-Forwarded-Prefix ${forwardedPrefix}`);
  if (!via) text.push('no Via');
  const lines = [text.join(', ')];
  for (const [what, { removed, added }] of [
    ['request', requestFields],
    ['response', responseFields],
  ] as const) {
    const changes = [
      ...(removed.length > 0 ? [`removed ${removed.join(', ')}`] : []),
      ...(added.length > 0 ? [`added ${added.join(', ')}`] : []),
    ];
    if (changes.length > 0) lines.push(`  header fields of the ${what}: ${changes.join('; ')}`);
  }
  const back = [...(rewritesLocation ? ['redirects'] : []), ...(rewritesCookies ? ['cookies'] : [])];
  if (back.length > 0) lines.push(`  ${back.join(' and ')} lead back through the ambassador`);
  return lines;
}

function explanationText(explanation: Explanation): string {
  const { method, target, refusal, service, addressing, path, route, chainRoute, call } = explanation;
  const head = [`${method} ${target}`];
  const sentPath = explanation.sent?.path ?? path;
  if (service !== null)
    head.push(`  goes to ${service} (named by the ${addressing}), which gets ${sentPath}`);
  if (call !== null) {
    const { method: route, path: template } = call.route;
    head.push(`  becomes the call ${call.method}, by ${route} ${template}`);
    head.push(`  whose message has ${JSON.stringify(call.message)} of path and query`);
  }
  if (refusal !== null) head.push(`  is answered ${refusal.status} ${refusal.reason}: ${refusal.detail}`);
  if (explanation.table === null) return head.join('\n');
  const { override } = explanation;
  if (override !== null) {
    const time = override.until === null ? 'until further notice' : `until ${override.until}`;
    head.push(`  goes to ${overrideTarget(override)} instead, by ${override.who ?? 'an operator'} ${time}`);
  }
  if (route !== null)
    head.push(`  takes route ${route.number} of the service: ${JSON.stringify(route.match)}`);
  if (chainRoute !== null) head.push(`  ${chainRouteText(chainRoute)}`);
  else if (route === null) head.push('  takes no route of its own: the policy of the service');
  head.push(...messageText(explanation.sent));
  const chain = textTable(
    ['POLICY', 'NOW'],
    explanation.chain.filter(({ on }) => on).map(({ stage, text }) => [stage, text]),
  );
  const off = explanation.chain.filter(({ on }) => !on).map(({ stage }) => stage);
  return [
    ...head,
    '',
    chain,
    ...(off.length > 0 ? [`Off: ${off.join(', ')}`] : []),
    '',
    tableText(explanation),
    textTable(
      ['ENDPOINT', 'ADDRESS', 'STATE', 'LOAD', 'IN FLIGHT', 'LATENCY', 'WHY'],
      explanation.endpoints.map((endpoint) => endpointRow(endpoint, explanation)),
    ),
  ].join('\n');
}

function tableText({ table, balancing }: Explanation): string {
  const lines: string[] = [];
  if (table !== null) {
    const age = table.ageMs === null ? '' : `, confirmed ${(table.ageMs / 1_000).toFixed(1)} s ago`;
    const failure = table.failure === null ? '' : `; ${table.failure.detail}`;
    lines.push(
      `Table version ${table.version}, from ${SOURCES[table.provenance ?? 'registry']}${age}${failure}`,
    );
  }
  if (balancing !== null) {
    const load = balancing.load === null ? '' : `; load: ${balancing.load}, of two drawn the lower one wins`;
    lines.push(`Policy ${balancing.policy}${load}`);
    if (balancing.hashed !== null) lines.push(`Its hash leads to ${balancing.hashed}`);
    if (balancing.panic !== 'none') lines.push(`In panic: ${balancing.panic.replaceAll('_', ' ')}`);
  }
  return lines.join('\n');
}

const SOURCES = {
  registry: 'the registry',
  dns: 'DNS',
  snapshot: 'the snapshot',
  static: 'the configuration',
} as const;

function endpointRow(endpoint: ExplainedEndpoint, { balancing }: Explanation): readonly string[] {
  const ramp =
    endpoint.rampUp < 1 ? ` It takes ${Math.round(endpoint.rampUp * 100)} % of its share yet.` : '';
  const hashed = balancing?.hashed === endpoint.id ? ' The hash leads here.' : '';
  return [
    endpoint.id,
    addressText(endpoint),
    endpoint.state,
    endpoint.load === null ? '-' : String(endpoint.load),
    String(endpoint.inFlight),
    endpoint.latencyMs === null ? '-' : `${endpoint.latencyMs.toFixed(1)} ms`,
    `${endpoint.reason}${ramp}${hashed}`,
  ];
}

function sentText({ status, explanation }: Sent): string {
  if (explanation === null) return `It was answered ${status}, without an explanation.`;
  const { attempts, flags } = explanation;
  const told = flags.length > 0 ? `; flags: ${flags.join(', ')}` : '';
  return [
    `It was answered ${status} after ${attempts.length} ${attempts.length === 1 ? 'attempt' : 'attempts'}${told}`,
    textTable(
      ['ATTEMPT', 'ENDPOINT', 'BEGAN', 'HEAD AFTER', 'CAME TO', 'THEN'],
      attempts.map((attempt, index) => [
        String(index + 1),
        `${attempt.endpoint} (${attempt.authority})`,
        `${attempt.startedMs} ms`,
        attempt.headMs === null ? '-' : `${attempt.headMs} ms`,
        attempt.failure ?? String(attempt.status ?? '-'),
        attempt.decision?.replaceAll('_', ' ') ?? '-',
      ]),
    ),
  ].join('\n');
}

/** Where the ambassador that was asked takes calls to any service. @throws AdminError when it does nowhere */
async function proxyOf(client: AdminClient): Promise<string> {
  const { listening = [] } = ((await client.get('/api/overview')) ?? {}) as Partial<Overview>;
  const open = listening.find(({ service }) => service === null);
  if (open === undefined)
    throw new AdminError('the ambassador listens nowhere yet; --proxy names an address');
  return withLoopback(open.address);
}

/** An address for every interface is none to call. */
function withLoopback(address: string): string {
  return address.replace(/^0\.0\.0\.0:/, '127.0.0.1:').replace(/^\[::\]:/, '[::1]:');
}

/** @throws AdminError when nothing listens there */
function send({ method, target, headers }: Asked, proxy: string): Promise<Sent> {
  const own = Object.fromEntries(
    headers.map((line) => [
      line.slice(0, line.indexOf(':')).trim(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  return new Promise((resolve, reject) => {
    const request = sendRequest(
      { ...destinationOf(proxy), method, path: target, headers: { ...own, [EXPLAIN_HEADER]: '1' } },
      (response) => {
        const said = response.headers[EXPLAIN_HEADER];
        response.resume();
        response.on('close', () =>
          resolve({
            status: response.statusCode ?? 0,
            explanation: typeof said === 'string' ? JSON.parse(said) : null,
          }),
        );
      },
    );
    request.on('error', (error) =>
      reject(new AdminError(`the request could not be sent to ${proxy}: ${messageOf(error)}`)),
    );
    request.end();
  });
}

/** @throws UsageError */
function destinationOf(proxy: string): { socketPath: string } | { hostname: string; port: string } {
  if (proxy.startsWith('unix:')) return { socketPath: proxy.slice('unix:'.length) };
  const url = URL.parse(/^https?:\/\//.test(proxy) ? proxy : `http://${proxy}`);
  if (url === null) throw new UsageError(`--proxy expects an address such as 127.0.0.1:15000, not ${proxy}`);
  // Node connects to the host of a URL without the brackets of IPv6.
  return { hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: url.port };
}
