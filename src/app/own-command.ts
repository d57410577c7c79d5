// How a person calls this very program: what a hint begins with, so that it can be typed as it stands.

import { accessSync, constants } from 'node:fs';
import { hostname } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';

/** What of the process decides it. */
export interface Calling {
  readonly program: string;
  readonly node: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly host: string;
  /** Whether a shell finds `ambassador`. */
  readonly onPath: boolean;
}

const INSTALLED = 'ambassador';

/** The image says so (deploy/Dockerfile): in other containers people may work inside. */
const IN_IMAGE = 'AMBASSADOR_IN_IMAGE';

/** What a shell takes as it stands. */
const PLAIN = /^[A-Za-z0-9._/@:-]+$/;

/**
 * Such as `ambassador`, `npx consul-ambassador`, `node_modules/.bin/node src/main.ts` in a clone, and from outside of a
 * container `docker exec 3f2a… ambassador`, or `kubectl exec POD -c ambassador -- ambassador`.
 */
export function ownCommand(calling: Calling): string {
  const { environment, host, onPath, program } = calling;
  if (environment[IN_IMAGE] !== undefined && PLAIN.test(host)) {
    return environment['KUBERNETES_SERVICE_HOST'] === undefined
      ? `docker exec ${host} ${INSTALLED}`
      : `kubectl exec ${host} -c ambassador -- ${INSTALLED}`;
  }
  // npm sets it for what npx runs.
  if (environment['npm_lifecycle_event'] === 'npx') return 'npx consul-ambassador';
  if (program.endsWith('/src/main.ts')) return fromClone(calling) ?? INSTALLED;
  if (onPath) return INSTALLED;
  const typed = program.endsWith('.js') ? `node ${program}` : program;
  return PLAIN.test(program) ? typed : INSTALLED;
}

function fromClone({ program, node, folder }: Calling): string | undefined {
  const root = dirname(dirname(program));
  const own = join(root, 'node_modules/.bin/node');
  // The Node.js of the machine may be too old to read TypeScript.
  const withOwn = node.startsWith(join(root, 'node_modules'));
  const typed = [...(withOwn ? [own] : ['node']), program].map((path) =>
    folder === root && path.startsWith(root) ? relative(root, path) : path,
  );
  return typed.every((word) => PLAIN.test(word)) ? typed.join(' ') : undefined;
}

/** Looked at once: neither changes while the process runs. */
export function callingOf(environment: Calling['environment']): Calling {
  const { argv, execPath } = process;
  return {
    program: argv[1] ?? INSTALLED,
    node: execPath,
    folder: process.cwd(),
    environment,
    host: hostname(),
    onPath: (environment['PATH'] ?? '')
      .split(delimiter)
      .some((at) => at !== '' && isExecutable(join(at, INSTALLED))),
  };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
