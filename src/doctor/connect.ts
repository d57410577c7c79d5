// Consul Connect: whether there is a certificate to show, and whether intentions let its service call others.

import type { TlsConfig } from '../config/types.ts';
import { readLeaf } from '../discovery/consul/connect-certificates.ts';
import type { ConsulAnswer } from '../discovery/consul/consul-client.ts';
import type { DoctorContext, Examination } from './context.ts';
import { consulNames, isConsulAway } from './context.ts';
import type { Finding } from './finding.ts';
import { failure, ok, warning } from './finding.ts';
import { tokenRemedy } from './token-remedy.ts';

const TIMEOUT_MS = 5_000;

const AGENT_LOG = 'look at the log of the agent';

interface Call {
  readonly source: string;
  readonly name: string;
  readonly destination: string;
}

export const connect: Examination = async (context) => {
  if (isConsulAway(context)) return [];
  const calls = await callsThroughTheMesh(context);
  const sources = new Set(calls.map(({ source }) => source));
  const found = await Promise.all([
    ...[...sources].map((source) => certificateFinding(context, source)),
    ...calls.map((call) => intentionFinding(context, call)),
  ]);
  return found;
};

/** Of services that can be in the mesh; with `auto`, of those that are. */
async function callsThroughTheMesh(context: DoctorContext): Promise<readonly Call[]> {
  const { config } = context;
  const calls = await Promise.all(
    consulNames(context).map(async ({ name, inConsul, tls }): Promise<readonly Call[]> => {
      const source = sourceOf(tls, config.register?.name);
      if (tls === undefined || source === undefined) return [];
      if (tls.mode === 'auto') {
        const listed = await ask(context, `/health/connect/${encodeURIComponent(inConsul)}`, {});
        if (!listed.ok || !Array.isArray(listed.body) || listed.body.length === 0) return [];
      }
      return [{ source, name, destination: inConsul }];
    }),
  );
  return calls.flat();
}

function sourceOf(tls: TlsConfig | undefined, registered: string | undefined): string | undefined {
  return tls === undefined || tls.mode === 'files' ? undefined : (tls.connectAs ?? registered);
}

async function certificateFinding(context: DoctorContext, source: string): Promise<Finding> {
  const subject = `certificate of ${source}`;
  const answer = await ask(context, `/agent/connect/ca/leaf/${encodeURIComponent(source)}`, {});
  if (answer.ok) {
    const leaf = readLeaf(answer.body);
    if (leaf === undefined) {
      return failure(subject, 'Consul answered something that is not a certificate', AGENT_LOG);
    }
    return ok(subject, `Consul gives one, valid until ${new Date(leaf.expiresAt).toISOString()}`);
  }
  const { failure: why } = answer;
  const remedy =
    why.kind === 'permission_denied'
      ? tokenRemedy(why, `service "${source}" { policy = "write" }`)
      : 'switch Connect on: connect { enabled = true } in the configuration of the servers';
  return failure(subject, why.detail, remedy);
}

async function intentionFinding(
  context: DoctorContext,
  { source, name, destination }: Call,
): Promise<Finding> {
  const answer = await ask(context, '/connect/intentions/check', { source, destination });
  if (!answer.ok) {
    const { failure: why } = answer;
    const remedy =
      why.kind === 'permission_denied'
        ? tokenRemedy(why, `service "${destination}" { policy = "read" intentions = "read" }`)
        : AGENT_LOG;
    return warning(name, `whether ${source} may call it cannot be read: ${why.detail}`, remedy);
  }
  if (Object(answer.body).Allowed === true) return ok(name, `intentions let ${source} call it`);
  return failure(
    name,
    `an intention in Consul denies ${source} to call it, or one depends on what the request is`,
    `consul intention create -allow ${source} ${destination}`,
  );
}

function ask(
  { consul: { client }, signal }: DoctorContext,
  path: string,
  parameters: Readonly<Record<string, string>>,
): Promise<ConsulAnswer> {
  return client.get({ kind: 'connect', path, parameters, timeoutMs: TIMEOUT_MS, signal });
}
