// The application that is to be registered: whether it is there, whether the token may register it, and whether an
// instance of an earlier run is in its way.

import { hostname } from 'node:os';
import { sleep } from '../core/sleep.ts';
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
  if (typeof socket === 'string') {
    const remedy = 'start the application, or correct register.port and register.address';
    return warning(subject, `${socket}: it is registered once something listens there`, remedy);
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

/** The agent asks whether its own services are there: what another run left is there until somebody takes it away. */
async function instanceFindings(
  { consul: { client }, signal }: DoctorContext,
  options: RegisterOptions,
): Promise<readonly Finding[]> {
  const answer = await client.get({
    kind: 'agent',
    path: '/agent/services',
    parameters: {},
    timeoutMs: TIMEOUT_MS,
    signal,
  });
  if (!answer.ok) return [];
  const id = instanceId(options, hostname());
  const registered = Object.values(Object(answer.body)).map(Object).filter(isAt(options));
  return [
    ...registered.filter(({ ID }) => ID === id).map(() => ok(subjectOf(options), `is registered as ${id}`)),
    ...registered
      .filter(({ ID }) => ID !== id)
      .map(({ ID }) =>
        warning(
          subjectOf(options),
          `${ID} is registered for the same address as ${id}, so that it counts twice`,
          `unless another program keeps it there: consul services deregister -id=${ID}`,
        ),
      ),
  ];
}

function isAt({ name, address = '', port }: RegisterOptions): (service: AgentService) => boolean {
  return (service) => service.Service === name && service.Port === port && service.Address === address;
}

/** Source: Consul docs, agent HTTP API, "List services". */
interface AgentService {
  readonly ID?: unknown;
  readonly Service?: unknown;
  readonly Address?: unknown;
  readonly Port?: unknown;
}

function subjectOf({ name }: RegisterOptions): string {
  return `register ${name}`;
}
