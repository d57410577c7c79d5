// `ambassador ready`: the health check of containers, units and scripts. It runs every few seconds beside the application,
// so that it loads this file and no HTTP client.

import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { adminAddress, adminTarget } from './admin-address.ts';
import type { Command, CommandIo } from './command.ts';
import { EXIT, UsageError } from './command.ts';

const OPTIONS = {
  admin: { type: 'string' },
  live: { type: 'boolean', default: false },
  wait: { type: 'string' },
} as const;

/** A single question, in milliseconds: less than the three seconds that orchestrators allow. */
const ANSWER_WITHIN_MS = 2_000;

/** With `--wait`. */
const ASK_EVERY_MS = 100;

/** More than `/readyz` says with a thousand services. */
const LONGEST_RESPONSE = 1024 * 1024;

export const ready: Command = {
  usage: `ambassador ready [--live] [--wait DURATION] [--admin ADDRESS]

Exit code 0 when a running ambassador is ready to carry calls; else 1, with the reason on standard error. As a health check
it costs little more than starting Node.js.

  --wait DURATION  ask again until it is ready, at most for so long, such as 30s
  --live           ask whether the process answers at all, ready or not (for a liveness probe)
  --admin ADDRESS  where its admin API listens: HOST:PORT or unix:PATH (default $AMBASSADOR_ADMIN_ADDR, else
                   127.0.0.1:15001)`,
  options: OPTIONS,

  async run(args, io) {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const address = adminAddress(values.admin, io.env);
    const target = targetOf(address);
    const waitMs = values.wait === undefined ? 0 : await waitingTime(values.wait);
    const deadline = performance.now() + waitMs;
    for (;;) {
      const fault = await ask(target, values.live);
      if (fault === undefined) return EXIT.done;
      if (performance.now() >= deadline) return refuse(io, address, fault);
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
    }
  },
};

function refuse(io: CommandIo, address: string, fault: string): number {
  io.complain(`ambassador at ${address}: ${fault}`);
  return EXIT.failed;
}

/** @throws UsageError */
async function waitingTime(text: string): Promise<number> {
  const { readDuration } = await import('./duration.ts');
  return readDuration('--wait', text);
}

type Target = { readonly path: string } | { readonly host: string; readonly port: number };

/** @throws UsageError */
function targetOf(address: string): Target {
  const target = adminTarget(address);
  if (typeof target === 'string') throw new UsageError(target);
  if (target.kind === 'unix') return { path: target.path };
  const { hostname, port } = target.url;
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 80) };
}

/** @returns why it is not ready; undefined when it is */
async function ask(target: Target, live: boolean): Promise<string | undefined> {
  try {
    const response = await get(target, live ? '/healthz' : '/readyz');
    const [, status = '', body = ''] = /^HTTP\/1\.[01] (\d{3}).*?\r\n\r\n(.*)$/s.exec(response) ?? [];
    if (status === '200') return undefined;
    return status === '' ? 'what answers there does not speak HTTP' : reasonIn(body, status);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** HTTP/1.0, so that the connection's end is the response's. @throws Error when there is no whole response in time */
function get(target: Target, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...target, timeout: ANSWER_WITHIN_MS });
    const fail = (fault: Error): void => {
      reject(fault);
      socket.destroy();
    };
    const late = setTimeout(
      () => fail(new Error(`no response within ${ANSWER_WITHIN_MS} ms`)),
      ANSWER_WITHIN_MS,
    );
    let response = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      response += text;
      if (response.length > LONGEST_RESPONSE) fail(new Error('what responds there is not an ambassador'));
    });
    socket.on('error', fail);
    socket.on('end', () => resolve(response));
    socket.on('close', () => clearTimeout(late));
    socket.write(`GET ${path} HTTP/1.0\r\nHost: localhost\r\n\r\n`);
  });
}

/** What `/readyz` waits for, or what a problem document says. */
function reasonIn(body: string, status: string): string {
  try {
    const { status: state, waitingFor = [], detail } = JSON.parse(body);
    if (state === 'draining') return 'it is stopping';
    if (typeof detail === 'string') return detail;
    return ['it is not ready yet.', ...waitingFor].join(' ');
  } catch {
    return `status ${status}`;
  }
}
