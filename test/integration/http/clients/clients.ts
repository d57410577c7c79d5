// The clients of the table, one row each: a program, how it comes to the ambassador, and how it is run.

import { join } from 'node:path';
import { runProgram } from '../../../support/ambassador-process.ts';
import { findProgram } from '../../../support/find-program.ts';

/** Where the ambassador is, and what is sent there. */
export interface Place {
  /** In the clear, and as a forward proxy. */
  readonly url: string;
  readonly port: string;
  /** With TLS, of this authority. */
  readonly secureUrl: string;
  readonly caFile: string;
  /** What an upload sends. */
  readonly upload: string;
}

export interface Sent {
  readonly method: string;
  readonly url: string;
}

/** How requests name their service: by path, by path over TLS, or as to a forward proxy. */
export type Way = 'path' | 'tls' | 'proxy';

export interface ClientRow {
  readonly name: string;
  readonly way: Way;
  /** Undefined on a machine without it. */
  readonly program: string | undefined;
  /** What Debian or PyPI calls it. */
  readonly package: string;
  /** The method of its upload. Default POST. */
  readonly uploads?: 'PUT';
  /** `STATUS BODY` of each request. */
  readonly run: (program: string, sent: readonly Sent[], place: Place) => Promise<readonly string[]>;
}

const PYTHON = process.env['PYTHON_BIN'] ?? findProgram('python3');

async function output(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const { stdout, stderr, code } = await runProgram(program, args, env);
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${stderr.slice(-2_000)}`);
  return stdout;
}

async function lines(...args: Parameters<typeof output>): Promise<readonly string[]> {
  return (await output(...args)).trim().split('\n');
}

/** @param version what curl must have spoken */
function curl(
  name: string,
  way: Way,
  version: '1.1' | '2',
  args: (place: Place) => readonly string[],
  upload: 'PUT' | undefined = undefined,
): ClientRow {
  return {
    name: `curl ${name}`,
    way,
    program: findProgram('curl'),
    package: 'curl',
    ...(upload === undefined ? {} : { uploads: upload }),
    run: async (program, sent, place) => {
      const responses = [];
      for (const { method, url } of sent) {
        const content =
          method === 'GET'
            ? []
            : method === 'PUT'
              ? ['-T', place.upload]
              : ['--data-binary', `@${place.upload}`];
        const always = ['-sS', '-m', '20', '-w', '\n%{http_version} %{http_code}'];
        const text = await output(program, [...always, ...args(place), ...content, url]);
        const [body = '', , last = ''] = text.split('\n');
        const [spoken, status] = last.split(' ');
        responses.push(`${spoken === version ? status : `spoke ${spoken}:`} ${body}`);
      }
      return responses;
    },
  };
}

const NGHTTP: ClientRow = {
  name: 'nghttp',
  way: 'path',
  program: findProgram('nghttp'),
  package: 'nghttp2-client',
  run: async (program, sent, { upload }) => {
    const responses = [];
    for (const { method, url } of sent) {
      const content = method === 'GET' ? [] : ['-H', `:method: ${method}`, '-d', upload];
      // It prints no status; a refusal of ours is no line of the endpoint's.
      responses.push(`200 ${(await output(program, ['-t', '20', ...content, url])).trim()}`);
    }
    return responses;
  },
};

function node(name: string, way: Way, env: (place: Place) => NodeJS.ProcessEnv): ClientRow {
  return {
    name: `Node.js fetch${name}`,
    way,
    program: process.execPath,
    package: 'nodejs',
    run: (program, sent, place) =>
      lines(program, [join(import.meta.dirname, 'node-client.ts'), place.upload, ...pairs(sent)], env(place)),
  };
}

function python(library: string, way: Way): ClientRow {
  return {
    name: `Python ${library}${way === 'proxy' ? ' with http_proxy' : ''}`,
    way,
    program: PYTHON,
    package: library.replace(/-.*/, ''),
    run: async (program, sent, place) => {
      const needed = library === 'httpx-h2' ? 'httpx, h2' : library;
      const present = await runProgram(program, ['-c', `import ${needed}`]);
      if (present.code !== 0) throw new Absent(`Python has no ${needed}`);
      const args = [join(import.meta.dirname, 'client.py'), library, place.upload, ...pairs(sent)];
      return lines(program, args, way === 'proxy' ? { http_proxy: place.url } : {});
    },
  };
}

function java(version: 'HTTP_1_1' | 'HTTP_2', way: Way): ClientRow {
  return {
    name: `JDK HttpClient ${version}${way === 'proxy' ? ' with a proxy' : ''}`,
    way,
    program: findProgram('java'),
    package: 'default-jdk-headless',
    run: (program, sent, { upload, port }) =>
      lines(program, [
        '-XX:TieredStopAtLevel=1',
        join(import.meta.dirname, 'Client.java'),
        version,
        way === 'proxy' ? port : '0',
        upload,
        ...pairs(sent),
      ]),
  };
}

function pairs(sent: readonly Sent[]): readonly string[] {
  return sent.flatMap(({ method, url }) => [method, url]);
}

/** What a row needs is not on this machine. */
export class Absent extends Error {}

export const CLIENTS: readonly ClientRow[] = [
  curl('--http1.1', 'path', '1.1', () => ['--http1.1']),
  // Its offer to upgrade is not taken up.
  curl('--http2', 'path', '1.1', () => ['--http2']),
  curl('--http2-prior-knowledge', 'path', '2', () => ['--http2-prior-knowledge']),
  curl('-T', 'path', '1.1', () => [], 'PUT'),
  curl('-T --http2-prior-knowledge', 'path', '2', () => ['--http2-prior-knowledge'], 'PUT'),
  curl('--proxy', 'proxy', '1.1', ({ url }) => ['--proxy', url]),
  curl('--proxytunnel', 'proxy', '1.1', ({ url }) => ['--proxy', url, '--proxytunnel']),
  curl('--proxytunnel --http2-prior-knowledge', 'proxy', '2', ({ url }) => [
    '--proxy',
    url,
    '--proxytunnel',
    '--http2-prior-knowledge',
  ]),
  curl('--http1.1 over TLS', 'tls', '1.1', ({ caFile }) => ['--http1.1', '--cacert', caFile]),
  curl('--http2 over TLS', 'tls', '2', ({ caFile }) => ['--http2', '--cacert', caFile]),
  NGHTTP,
  node('', 'path', () => ({})),
  node(' with NODE_USE_ENV_PROXY', 'proxy', ({ url }) => ({ NODE_USE_ENV_PROXY: '1', HTTP_PROXY: url })),
  node(' over TLS', 'tls', ({ caFile }) => ({ NODE_EXTRA_CA_CERTS: caFile })),
  python('urllib', 'path'),
  python('urllib', 'proxy'),
  python('requests', 'path'),
  python('requests', 'proxy'),
  python('httpx', 'path'),
  python('httpx', 'proxy'),
  python('httpx-h2', 'path'),
  java('HTTP_2', 'path'),
  java('HTTP_1_1', 'path'),
  java('HTTP_2', 'proxy'),
];
