// The endpoints of services: what discovery says of each, and whether what is declared is what stands there.

import { meshUse } from '../app/dialers.ts';
import type { ServiceConfig } from '../config/types.ts';
import { endpointSource } from '../discovery/registry.ts';
import { serviceNamed } from '../discovery/service-ref.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { authorityOf, hasPlace, hostOf } from '../endpoint/endpoint.ts';
import { otherProtocol } from '../http/http1/other-protocols.ts';
import type { DoctorContext, Examination } from './context.ts';
import type { Finding } from './finding.ts';
import { failure, ok, warning } from './finding.ts';
import type { Asked, Probed } from './probe.ts';
import { looksLike, probe, speaksTls } from './probe.ts';

/** How long discovery may take for the endpoints of one service. */
const DISCOVERY_MS = 6_000;

/** How long an endpoint may take to say anything. */
const ANSWER_MS = 3_000;

/** Of one service; more are alike. */
const MOST_ENDPOINTS = 20;

export const endpoints: Examination = async (context) => {
  const { services, config } = context;
  const names = services.length > 0 ? services : [...config.services.keys()];
  const found = await Promise.all(names.map((name) => examineService(context, name)));
  return found.flat();
};

async function examineService(context: DoctorContext, name: string): Promise<readonly Finding[]> {
  const declared = context.config.services.get(name);
  const listed = await endpointsOf(context, name, declared);
  if (typeof listed === 'string') return [failure(name, listed)];
  if (listed.length === 0) {
    const remedy =
      declared?.discover === undefined
        ? 'register an instance in Consul, or look whether the name is written so there'
        : undefined;
    return [failure(name, 'it has no endpoints', remedy)];
  }
  const looked = await Promise.all(
    listed.slice(0, MOST_ENDPOINTS).map((endpoint) => examineEndpoint(context, name, declared, endpoint)),
  );
  const rest = listed.length - looked.length;
  return rest > 0 ? [...looked, ok(name, `and ${rest} further endpoints, which were not looked at`)] : looked;
}

/** @returns a sentence when they cannot be had */
function endpointsOf(
  { consul, config, rewriting, clock, random }: DoctorContext,
  name: string,
  declared: ServiceConfig | undefined,
): Promise<readonly Endpoint[] | string> {
  const { source, provenance } = endpointSource(
    declared?.discover,
    serviceNamed(name),
    {
      consul: consul.source,
      consulDefaults: config.consul,
      clock,
      random,
    },
    meshUse((declared?.policy ?? config.defaultPolicy).tls),
  );
  return new Promise((resolve) => {
    let detail = 'discovery did not say which endpoints it has';
    const end = (result: readonly Endpoint[] | string): void => {
      late.cancel();
      source.stop();
      resolve(result);
    };
    const late = clock.schedule(DISCOVERY_MS, () => end(detail));
    source.start({
      endpoints: (found) => end(provenance === 'static' ? found : rewriting.apply(found)),
      failed: (fault) => {
        detail = fault.detail;
        if (fault.kind === 'acl_filtered' || fault.kind === 'permission_denied') end(detail);
      },
    });
  });
}

async function examineEndpoint(
  { dialers, addresses, config, clock }: DoctorContext,
  name: string,
  declared: ServiceConfig | undefined,
  endpoint: Endpoint,
): Promise<Finding> {
  const { discoveredAt } = endpoint;
  const registered = discoveredAt === undefined ? '' : ` (registered at ${authorityOf(discoveredAt)})`;
  const subject = `${name} at ${authorityOf(endpoint)}${registered}`;
  if (endpoint.addressFault !== undefined) {
    return failure(subject, `it is registered ${endpoint.addressFault.text}`);
  }
  if (!hasPlace(endpoint)) {
    return failure(
      subject,
      'it is registered without a port',
      'register it with the port that it listens on',
    );
  }
  const objection = addresses.objection(endpoint.address, endpoint.port);
  if (objection !== undefined) {
    return failure(
      subject,
      `it is ${objection}, and nothing is called there`,
      'see discovery.allowAddresses',
    );
  }
  const policy = declared?.policy ?? config.defaultPolicy;
  const asked: Asked = declared?.protocol ?? 'http';
  const dialer = dialers.dialerFor(policy.tls);
  const probed = await probe(dialer, endpoint, asked, {
    host: hostOf(endpoint),
    timeoutMs: Math.max(policy.timeout.connect, ANSWER_MS),
    clock,
  });
  if (probed.kind === 'silent' && !dialer.isSecure(endpoint) && (await speaksTls(endpoint))) {
    return withHealth(failure(subject, 'speaks TLS', 'set tls: {} for this service'), endpoint);
  }
  return withHealth(judged(subject, probed, asked), endpoint);
}

function judged(subject: string, probed: Probed, asked: Asked): Finding {
  switch (probed.kind) {
    case 'unreachable':
      return failure(subject, probed.detail);
    case 'connected':
      return ok(subject, `it can be connected to${probed.secure ? ', over TLS' : ''}`);
    case 'silent':
      return warning(
        subject,
        `it can be connected to, and said nothing when it was asked as ${spokenName(asked)}`,
        'look at what listens there, and at the protocol of the service',
      );
    case 'spoke':
      return spoke(subject, probed, asked);
  }
}

function spoke(
  subject: string,
  { bytes, protocol, secure }: Probed & { kind: 'spoke' },
  asked: Asked,
): Finding {
  const over = secure ? ' over TLS' : '';
  const wanted = asked === 'h2c' || asked === 'grpc' || protocol === 'h2' ? 'h2' : 'http/1.1';
  const seen = looksLike(bytes);
  if (seen === wanted) return ok(subject, `speaks ${seen === 'h2' ? 'HTTP/2' : 'HTTP/1.1'}${over}`);
  if (wanted === 'h2' && seen === 'http/1.1') {
    return failure(
      subject,
      `speaks HTTP/1.1${over}, and ${asked} is HTTP/2`,
      'set protocol: http for this service',
    );
  }
  if (wanted === 'http/1.1' && seen === 'h2') {
    return failure(subject, 'speaks HTTP/2', 'set protocol: h2c or grpc for this service');
  }
  const other = otherProtocol(bytes, 0, bytes.length);
  if (other !== undefined) return failure(subject, other);
  return failure(subject, `does not speak ${spokenName(asked)}`, 'look at what listens there');
}

function spokenName(asked: Asked): string {
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
