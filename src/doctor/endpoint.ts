// One endpoint: whether what is declared is what stands there.

import type { ServiceConfig } from '../config/types.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { authorityOf, hasPlace, hostOf } from '../endpoint/endpoint.ts';
import { otherProtocol } from '../http/other-protocols.ts';
import type { Probed } from '../http/probe.ts';
import { looksLike, probe, speaksTls } from '../http/probe.ts';
import { objectionTo } from '../net/objection-to.ts';
import type { DoctorContext } from './context.ts';
import type { Finding } from './finding.ts';
import { failure, ok, warning } from './finding.ts';
import { withHealthCheck } from './health-check.ts';
import { silentDatabase } from './silent-databases.ts';
import type { Spoken } from './spoken.ts';
import { spokenAt } from './spoken.ts';
import { unreachableRemedy } from './unreachable-remedy.ts';

/** How long an endpoint may take to say anything. */
const ANSWER_MS = 3_000;
const DATABASE_MS = 1_000;

const SET_TLS = 'set tls: {} for this service';
const CARRY_BYTES = 'protocol: tcp, with a listen address of its own, carries it';
const LOOK_THERE = 'look at what listens there, and at the protocol of the service';

/** What nginx, Go's library and Apache respond to a request in the clear where they speak TLS. */
const TLS_WANTED =
  /HTTP request was sent to HTTPS port|HTTP request to an HTTPS server|plain HTTP to an SSL-enabled/;

/**
 * @param declared the service whose settings hold
 * @param ofService what is spoken with endpoints of which nothing else is registered
 */
export async function examineEndpoint(
  context: DoctorContext,
  name: string,
  declared: ServiceConfig | undefined,
  endpoint: Endpoint,
  ofService: Spoken,
): Promise<Finding> {
  const { dialers, addresses, config, clock } = context;
  const { discoveredAt } = endpoint;
  const registered = discoveredAt === undefined ? '' : ` (registered at ${authorityOf(discoveredAt)})`;
  const subject = `${name} at ${authorityOf(endpoint)}${registered}`;
  if (endpoint.addressFault !== undefined) {
    return failure(
      subject,
      `it is registered ${endpoint.addressFault.text}`,
      'register it with the address that it listens on',
    );
  }
  if (!hasPlace(endpoint)) {
    return failure(
      subject,
      'it is registered without a port',
      'register it with the port that it listens on',
    );
  }
  const objection = await objectionTo(endpoint, addresses);
  if (objection !== undefined) {
    return failure(
      subject,
      `it is ${objection}, and nothing is called there`,
      'register it where the service itself listens, or see discovery.allowAddresses',
    );
  }
  const policy = declared?.policy ?? config.defaultPolicy;
  const spoken = spokenAt(endpoint, ofService, policy.http2.registered);
  const asked = spoken.protocol;
  const dialer = dialers.dialerFor(policy.tls);
  const probed = await probe(dialer, endpoint, asked, {
    host: hostOf(endpoint),
    timeoutMs: Math.max(policy.timeout.connect, ANSWER_MS),
    clock,
  });
  if (probed.kind === 'silent' && !dialer.isSecure(endpoint)) {
    if (await speaksTls(endpoint)) {
      return withHealth(failure(subject, 'speaks TLS', SET_TLS), endpoint);
    }
    const database = await silentDatabase(dialer, endpoint, { timeoutMs: DATABASE_MS, clock });
    if (database !== undefined) {
      return withHealth(failure(subject, `it is ${database}`, CARRY_BYTES), endpoint);
    }
  }
  const found = await withHealthCheck(
    judged(subject, probed, spoken),
    context,
    { policy, protocol: asked },
    endpoint,
  );
  return withHealth(found, endpoint);
}

function judged(subject: string, probed: Probed, spoken: Spoken): Finding {
  switch (probed.kind) {
    case 'unreachable':
      return failure(subject, probed.detail, unreachableRemedy(probed.code));
    case 'connected':
      return ok(subject, `it can be connected to${probed.secure ? ', over TLS' : ''}`);
    case 'silent':
      return warning(
        subject,
        `it can be connected to, and said nothing when it was asked as ${spokenName(spoken.protocol)}`,
        LOOK_THERE,
      );
    case 'spoke':
      return spoke(subject, probed, spoken);
  }
}

function spoke(
  subject: string,
  { bytes, protocol, secure }: Probed & { kind: 'spoke' },
  { protocol: asked, remedy }: Spoken,
): Finding {
  const over = secure ? ' over TLS' : '';
  const wanted = asked === 'h2c' || asked === 'grpc' || protocol === 'h2' ? 'h2' : 'http/1.1';
  const seen = looksLike(bytes);
  if (seen === 'http/1.1' && !secure && TLS_WANTED.test(bytes.toString('latin1'))) {
    return failure(subject, 'speaks TLS, and says so to HTTP in the clear', SET_TLS);
  }
  if (seen === wanted) return ok(subject, `speaks ${seen === 'h2' ? 'HTTP/2' : 'HTTP/1.1'}${over}`);
  if (wanted === 'h2' && seen === 'http/1.1') {
    return failure(subject, `speaks HTTP/1.1${over}, and ${asked} is HTTP/2`, remedy);
  }
  if (wanted === 'http/1.1' && seen === 'h2') {
    return failure(subject, 'speaks HTTP/2', 'set protocol: h2c or grpc for this service');
  }
  const other = otherProtocol(bytes, 0, bytes.length);
  if (other !== undefined) return failure(subject, other, LOOK_THERE);
  return failure(subject, `does not speak ${spokenName(asked)}`, LOOK_THERE);
}

function spokenName(asked: Spoken['protocol']): string {
  return asked === 'h2c' || asked === 'grpc' ? 'HTTP/2' : 'HTTP/1.1';
}

/** Consul's opinion beside what was seen. */
function withHealth(finding: Finding, { health, healthDetail }: Endpoint): Finding {
  if (health === 'passing') return finding;
  const detail = healthDetail === undefined ? '' : ` (${healthDetail})`;
  const said = `Consul says ${health}${detail}`;
  if (finding.level !== 'ok') return { ...finding, message: `${finding.message}; ${said}` };
  return warning(finding.subject, `${finding.message}; ${said}`, 'look at its check in Consul');
}
