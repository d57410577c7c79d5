// The proxies on Node.js: each a program of its own in ../node-peers, told its ports.

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Found, Peer } from './peer.ts';

const require = createRequire(import.meta.url);

interface NodePeer {
  readonly name: string;
  readonly note: string;
  readonly main: string;
  /** Whose version is reported; undefined where Node.js alone does it. */
  readonly packageName?: string;
  readonly flags?: readonly string[];
}

export const prototype = nodePeer({
  name: 'prototype',
  note: 'bare fastify + undici: no policies, no metrics, no log; the floor of our own stack',
  main: 'prototype-main.ts',
  packageName: 'undici',
  // As the ambassador has it, so that the two differ in what they do alone.
  flags: ['--max-semi-space-size=8'],
});

export const lean = nodePeer({
  name: 'lean',
  note: 'HTTP/1.1 relayed on bare sockets, unchecked; the floor of Node.js',
  main: 'lean-main.ts',
  flags: ['--max-semi-space-size=8'],
});

export const fastProxy = nodePeer({
  name: 'fast-proxy',
  note: 'with undici, a pool for each endpoint',
  main: 'fast-proxy-main.ts',
  packageName: 'fast-proxy',
});

export const fastifyHttpProxy = nodePeer({
  name: '@fastify/http-proxy',
  note: 'undici',
  main: 'fastify-http-proxy-main.ts',
  packageName: '@fastify/http-proxy',
});

export const httpProxy3 = nodePeer({
  name: 'http-proxy-3',
  note: 'node:http with a keep-alive agent',
  main: 'http-proxy-3-main.ts',
  packageName: 'http-proxy-3',
});

function nodePeer({ name, note, main, packageName, flags = [] }: NodePeer): Peer {
  const path = fileURLToPath(new URL(`../node-peers/${main}`, import.meta.url));
  return {
    name,
    note,
    find: () => (packageName === undefined ? { version: process.versions.node } : foundPackage(packageName)),
    prepare: ({ port, endpoints }) => ({
      program: process.execPath,
      args: [...flags, path, String(port), ...endpoints.map(String)],
    }),
  };
}

function foundPackage(name: string): Found {
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      const { version }: { version: unknown } = require(`${folder}/${name}/package.json`);
      return { version: String(version) };
    } catch {
      // Not in this folder.
    }
  }
  return { missing: `the package ${name} is not installed` };
}
