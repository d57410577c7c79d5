// Programs that some test files drive and that npm does not bring. A test file needs one when it imports, directly or not,
// the module of test/support that drives it: looked up before anything runs, so that a missing program skips whole files with
// a line that says how to get it.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf } from '../../src/core/errors.ts';
import { runCommand } from '../../src/demo/run-command.ts';
import { findProgram } from './find-program.ts';

export interface Prerequisite {
  readonly name: string;
  /** The modules of test/support that drive it. */
  readonly drivers: readonly string[];
  /** What it is called where it is installed, in order of preference. */
  readonly programs: readonly string[];
  /** The environment variable that names another. */
  readonly variable: string;
  /** Debian's package. */
  readonly debianPackage: string;
  /** What has it say its version. Default `--version`. */
  readonly versionOption?: string;
}

export const PREREQUISITES: readonly Prerequisite[] = [
  {
    name: 'Chromium',
    drivers: ['browser.ts'],
    programs: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    variable: 'CHROMIUM_BIN',
    debianPackage: 'chromium',
  },
  {
    name: 'Prometheus',
    drivers: ['prometheus.ts'],
    programs: ['prometheus'],
    variable: 'PROMETHEUS_BIN',
    debianPackage: 'prometheus',
  },
  {
    name: 'promtool',
    drivers: ['prometheus.ts'],
    programs: ['promtool'],
    variable: 'PROMTOOL_BIN',
    debianPackage: 'prometheus',
  },
  {
    name: 'PostgreSQL',
    drivers: ['postgres.ts'],
    programs: ['postgres'],
    variable: 'POSTGRES_BIN',
    debianPackage: 'postgresql',
  },
  {
    name: 'Redis',
    drivers: ['redis.ts'],
    programs: ['redis-server'],
    variable: 'REDIS_BIN',
    debianPackage: 'redis',
  },
  {
    name: 'MariaDB',
    drivers: ['mariadb.ts'],
    programs: ['mariadbd'],
    variable: 'MARIADB_BIN',
    debianPackage: 'mariadb-server',
  },
  { name: 'curl', drivers: ['curl.ts'], programs: ['curl'], variable: 'CURL_BIN', debianPackage: 'curl' },
  {
    name: 'nghttp',
    drivers: ['nghttp.ts'],
    programs: ['nghttp'],
    variable: 'NGHTTP_BIN',
    debianPackage: 'nghttp2-client',
  },
  {
    name: 'nginx',
    drivers: ['nginx.ts'],
    programs: ['nginx'],
    variable: 'NGINX_BIN',
    debianPackage: 'nginx',
    versionOption: '-v',
  },
  {
    name: 'protoc',
    drivers: ['protoc.ts'],
    programs: ['protoc'],
    variable: 'PROTOC_BIN',
    debianPackage: 'protobuf-compiler',
  },
];

/** Long enough for a browser's first start on a busy machine. */
const ANSWER_WITHIN_MS = 30_000;

/** The path of the program, which need not start; undefined when there is none. */
export function locate({ variable, programs }: Prerequisite): string | undefined {
  return process.env[variable] ?? programs.map(findProgram).find((path) => path !== undefined);
}

/** @throws Error saying what to install */
export function requireProgram(name: string): string {
  const prerequisite = PREREQUISITES.find((known) => known.name === name);
  const path = prerequisite === undefined ? undefined : locate(prerequisite);
  if (prerequisite === undefined || path === undefined) {
    throw new Error(prerequisite === undefined ? `unknown prerequisite ${name}` : howToGet(prerequisite));
  }
  return path;
}

export function howToGet({ name, debianPackage, variable }: Prerequisite): string {
  return `${name} is needed: apt-get install ${debianPackage}, or set ${variable} to its path`;
}

/** @returns why it cannot be used, or undefined when it starts */
export async function whatIsMissing(prerequisite: Prerequisite): Promise<string | undefined> {
  const path = locate(prerequisite);
  if (path === undefined) return howToGet(prerequisite);
  // A package may leave a program that only says that another package is needed, as Ubuntu's chromium-browser does.
  return runCommand(path, [prerequisite.versionOption ?? '--version'], { timeoutMs: ANSWER_WITHIN_MS }).then(
    () => undefined,
    (error: unknown) =>
      `${howToGet(prerequisite)}; ${path} does not start: ${messageOf(error).split('\n')[0]}`,
  );
}

export interface Skipped {
  readonly reason: string;
  readonly files: readonly string[];
}

/** Which of the files can run here, and which cannot and why. */
export async function sortByPrerequisites(
  files: readonly string[],
  missing: (prerequisite: Prerequisite) => Promise<string | undefined> = whatIsMissing,
): Promise<{ readonly runnable: readonly string[]; readonly skipped: readonly Skipped[] }> {
  const needs = new Map(files.map((file) => [file, modulesBehind(file)]));
  const skipped: Skipped[] = [];
  const left = new Set(files);
  for (const prerequisite of PREREQUISITES) {
    const drivers = prerequisite.drivers.map((name) => resolve(import.meta.dirname, name));
    const inNeed = [...left].filter((file) => drivers.some((driver) => needs.get(file)?.has(driver)));
    const reason = inNeed.length === 0 ? undefined : await missing(prerequisite);
    if (reason === undefined) continue;
    for (const file of inNeed) left.delete(file);
    skipped.push({ reason, files: inNeed });
  }
  return { runnable: [...left], skipped };
}

/** Every module of the tests that a file imports, directly or not. */
function modulesBehind(file: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path) || !existsSync(path)) return;
    seen.add(path);
    for (const [, imported = ''] of readFileSync(path, 'utf8').matchAll(
      /^(?:import|} from)\b.*'(\.[^']+)';/gm,
    )) {
      visit(resolve(dirname(path), imported));
    }
  };
  visit(resolve(file));
  return seen;
}
