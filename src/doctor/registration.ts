// The application that is to be registered: whether it is there, whether the token may register it, and whether an
// instance of an earlier run is in its way.

import { hostname } from 'node:os';
import type { JsonFields } from '../core/json-reading.ts';
import { list, record, text } from '../core/json-reading.ts';
import { secrets } from '../core/secrets.ts';
import { sleep } from '../core/sleep.ts';
import type { ConsulAnswer } from '../discovery/consul/consul-client.ts';
import { authorityOf } from '../endpoint/endpoint.ts';
import { isAccepted } from '../net/accepted.ts';
import { connectTo } from '../registration/port-probe.ts';
import { applicationHost, instanceId } from '../registration/registration-body.ts';
import type { RegisterOptions } from '../registration/registration-options.ts';
import type { DoctorContext, Examination } from './context.ts';
import { isConsulAway } from './context.ts';
import type { Finding } from './finding.ts';
import { failure, ok, warning } from './finding.ts';
import { hasRight } from './rights.ts';

const TIMEOUT_MS = 5_000;

const CONNECT_MS = 1_000;

/** Within which an application accepts a connection, in milliseconds. */
const ACCEPT_MS = 1_000;

const LOOK_EVERY_MS = 50;

/** Of what checks said, in characters. */
const MOST_OUTPUT = 200;

export const registration: Examination = async (context) => {
  const { register } = context.config;
  if (register === undefined) return [];
  const inConsul = isConsulAway(context)
    ? []
    : [rightFinding(context, register), instanceFindings(context, register)];
  return (await Promise.all([portFinding(context, register), ...inConsul])).flat();
};

async function portFinding({ clock }: DoctorContext, options: RegisterOptions): Promise<Finding> {
  const target = { host: applicationHost(options), port: options.port };
  const subject = `${subjectOf(options)} at ${target.host}:${target.port}`;
  const socket = await connectTo(target, CONNECT_MS, clock);
  if (socket instanceof Error) {
    const remedy = 'start the application, or correct register.port and register.address';
    return warning(subject, `${socket.message}: it is registered once something listens there`, remedy);
  }
  const deadline = clock.now() + ACCEPT_MS;
  let accepted = await isAccepted(socket);
  while (accepted === false && clock.now() < deadline) {
    await sleep(clock, LOOK_EVERY_MS);
    accepted = await isAccepted(socket);
  }
  socket.destroy();
  if (accepted !== false) return ok(subject, 'it accepts connections');
  const remedy = 'look at what the application does: it hangs, is stopped, or has no worker free';
  return warning(subject, 'connections stand, and the application does not accept them', remedy);
}

async function rightFinding(context: DoctorContext, options: RegisterOptions): Promise<readonly Finding[]> {
  const { name } = options;
  const subject = subjectOf(options);
  const allowed = await hasRight(context, { resource: 'service', access: 'write', segment: name });
  if (allowed === undefined) return [];
  if (allowed) return [ok(subject, 'the token may register it')];
  const rule = `service "${name}" { policy = "write" }`;
  return [failure(subject, 'the token may not register it', `give the token the rule ${rule}`)];
}

/** What is registered at the agent: this instance, and what an earlier run of another name may have left there. */
async function instanceFindings(
  context: DoctorContext,
  options: RegisterOptions,
): Promise<readonly Finding[]> {
  const answer = await ask(context, '/agent/services');
  if (!answer.ok) return [];
  const id = instanceId(options, hostname());
  const ids = Object.values(record(answer.body)).map(record).filter(isAt(options)).flatMap(idOf);
  const others = ids
    .filter((other) => other !== id)
    .map((other) =>
      warning(
        subjectOf(options),
        `${other} is registered for the same address as ${id}, so that it counts twice`,
        `unless another program keeps it there: consul services deregister -id=${other}`,
      ),
    );
  return [...(ids.includes(id) ? [await asOthersSeeIt(context, options, id)] : []), ...others];
}

/** Others call it at the address that Consul has, which may be one on which it does not listen. */
async function asOthersSeeIt(context: DoctorContext, options: RegisterOptions, id: string): Promise<Finding> {
  const subject = subjectOf(options);
  const answer = await ask(context, `/health/service/${encodeURIComponent(options.name)}`);
  const listed = answer.ok ? list(answer.body).map(record) : [];
  const own = listed.find(({ Service: service }) => record(service)['ID'] === id);
  const host = text(record(own?.['Service'])['Address']) ?? text(record(own?.['Node'])['Address']);
  if (own === undefined || host === undefined) return ok(subject, `is registered as ${id}`);
  const at = authorityOf({ address: host, port: options.port });
  const socket = await connectTo({ host, port: options.port }, CONNECT_MS, context.clock);
  if (socket instanceof Error) {
    return failure(
      subject,
      `others are to call it at ${at}, where it does not listen: ${socket.message}`,
      'let it listen on that address too, or set register.address to one where it listens',
    );
  }
  socket.destroy();
  const critical = list(own['Checks'])
    .map(record)
    .filter(({ Status: status }) => status === 'critical');
  if (critical.length === 0) return ok(subject, `is registered as ${id} at ${at}`);
  const output = critical.map(({ Name: name, Output: said }) => `${name}: ${said}`.trim()).join('; ');
  return warning(
    subject,
    `is registered as ${id} at ${at}, and critical: ${inOneLine(output)}`,
    'look at its checks',
  );
}

function ask({ consul: { client }, signal }: DoctorContext, path: string): Promise<ConsulAnswer> {
  return client.get({ kind: 'agent', path, parameters: {}, timeoutMs: TIMEOUT_MS, signal });
}

/** Source: Consul docs, agent HTTP API, "List services". */
function isAt({ name, address = '', port }: RegisterOptions): (service: JsonFields) => boolean {
  return ({ Service: service, Port: at, Address: host }) =>
    service === name && at === port && host === address;
}

function idOf({ ID: id }: JsonFields): readonly string[] {
  return typeof id === 'string' ? [id] : [];
}

function inOneLine(output: string): string {
  return secrets.redact(output).replace(/\s+/g, ' ').slice(0, MOST_OUTPUT);
}

function subjectOf({ name }: RegisterOptions): string {
  return `register ${name}`;
}
