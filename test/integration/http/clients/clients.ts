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

/**
 * How requests name their service: by path, by path over TLS, or as to a forward proxy, of `http://` URLs or of `https://`
 * ones, where the client speaks TLS with the endpoint itself.
 */
export type Way = 'path' | 'tls' | 'proxy' | 'https-proxy';

export interface ClientRow {
  readonly name: string;
  readonly way: Way;
  /** Undefined on a machine without it. */
  readonly program: string | undefined;
  /** What Debian or PyPI calls it. */
  readonly package: string;
  /** Whether it can speak HTTP/2 with an endpoint itself. Default false. */
  readonly speaksHttp2?: boolean;
  /** The method of its upload. Default POST. */
  readonly uploads?: 'PUT';
  /** `STATUS BODY` of each request. */
  readonly run: (program: string, sent: readonly Sent[], place: Place) => Promise<readonly string[]>;
}

export const PYTHON = process.env['PYTHON_BIN'] ?? findProgram('python3');

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

/** @param version what curl must have spoken; undefined where the endpoint decides */
function curl(
  name: string,
  way: Way,
  version: '1.1' | '2' | undefined,
  args: (place: Place) => readonly string[],
  upload: 'PUT' | undefined = undefined,
): ClientRow {
  return {
    name: `curl ${name}`,
    way,
    program: findProgram('curl'),
    package: 'curl',
    speaksHttp2: true,
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
        const isExpected = version === undefined || spoken === version;
        responses.push(`${isExpected ? status : `spoke ${spoken}:`} ${body}`);
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

function node(
  name: string,
  way: Way,
  env: (place: Place) => NodeJS.ProcessEnv,
  script = 'node-client.ts',
): ClientRow {
  return {
    name,
    way,
    program: process.execPath,
    package: 'nodejs',
    run: (program, sent, place) =>
      lines(program, [join(import.meta.dirname, script), place.upload, ...pairs(sent)], env(place)),
  };
}

const PROXY_VARIABLES: Readonly<Record<Way, string>> = {
  path: '',
  tls: '',
  proxy: ' with http_proxy',
  'https-proxy': ' with https_proxy',
};

function proxied({ url }: Place): NodeJS.ProcessEnv {
  return { http_proxy: url, https_proxy: url };
}

function python(library: string, way: Way): ClientRow {
  return {
    name: `Python ${library}${PROXY_VARIABLES[way]}`,
    way,
    program: PYTHON,
    package: library.replace(/-.*/, ''),
    run: async (program, sent, place) => {
      const needed = library === 'httpx-h2' ? 'httpx, h2' : library;
      const present = await runProgram(program, ['-c', `import ${needed}`]);
      if (present.code !== 0) throw new Absent(`Python has no ${needed}`);
      const args = [join(import.meta.dirname, 'client.py'), library, place.upload, ...pairs(sent)];
      const ca = { SSL_CERT_FILE: place.caFile, REQUESTS_CA_BUNDLE: place.caFile };
      return lines(program, args, way === 'path' ? {} : { ...proxied(place), ...ca });
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
  curl('--proxy with https:// URLs', 'https-proxy', undefined, ({ url, caFile }) => [
    '--proxy',
    url,
    '--cacert',
    caFile,
  ]),
  node('Node.js fetch', 'path', () => ({})),
  node('Node.js fetch with NODE_USE_ENV_PROXY', 'proxy', (place) => ({
    NODE_USE_ENV_PROXY: '1',
    ...proxied(place),
  })),
  node('Node.js fetch with NODE_USE_ENV_PROXY and https:// URLs', 'https-proxy', (place) => ({
    NODE_USE_ENV_PROXY: '1',
    NODE_EXTRA_CA_CERTS: place.caFile,
    ...proxied(place),
  })),
  node("undici's request with EnvHttpProxyAgent", 'proxy', proxied, 'undici-client.ts'),
  node(
    "undici's request with EnvHttpProxyAgent and https:// URLs",
    'https-proxy',
    (place) => ({ NODE_EXTRA_CA_CERTS: place.caFile, ...proxied(place) }),
    'undici-client.ts',
  ),
  node('Node.js fetch over TLS', 'tls', ({ caFile }) => ({ NODE_EXTRA_CA_CERTS: caFile })),
  python('urllib', 'path'),
  python('urllib', 'proxy'),
  python('urllib', 'https-proxy'),
  python('requests', 'path'),
  python('requests', 'proxy'),
  python('requests', 'https-proxy'),
  python('httpx', 'path'),
  python('httpx', 'proxy'),
  python('httpx', 'https-proxy'),
  python('httpx-h2', 'path'),
  java('HTTP_2', 'path'),
  java('HTTP_1_1', 'path'),
  java('HTTP_2', 'proxy'),
];
