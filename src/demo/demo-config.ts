// The file of the demo's ambassador, which a person who tries it may look at and change.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeWithThisProcess } from './leftovers.ts';
import { DEMO_SERVICES } from './world.ts';

export interface DemoAddresses {
  readonly consul: string;
  /** Ports of 127.0.0.1; 0 takes a free one. */
  readonly listen: number;
  readonly adminListen: number;
  readonly adminToken: string;
}

export interface WrittenConfig {
  readonly file: string;
  readonly text: string;
}

/** In a folder of its own, which only this user can read for the token's sake, and which goes with this process. */
export function writeDemoConfig({ consul, listen, adminListen, adminToken }: DemoAddresses): WrittenConfig {
  const others = DEMO_SERVICES.map(({ name }) => name).filter((name) => name !== 'ledger');
  const text = `consul: { address: "${consul}" }
listen: 127.0.0.1:${listen}
admin: { listen: 127.0.0.1:${adminListen}, token: ${JSON.stringify(adminToken)} }
accessLog: { enabled: false }
# Declared, so that their endpoints are known, and seen on the dashboard, before they are called.
services:
${others.map((name) => `  ${name}: {}\n`).join('')}  ledger: { translate: { grpcJson: {}, grpcWeb: {} } }
`;
  const folder = mkdtempSync(join(tmpdir(), 'consul-ambassador-demo-'));
  removeWithThisProcess(folder);
  const file = join(folder, 'ambassador.yaml');
  writeFileSync(file, text, { mode: 0o600 });
  return { file, text };
}

/** Variables for another Consul or another ambassador are not meant for this one. */
export function demoEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(AMBASSADOR|CONSUL|OTEL)_/.test(name)));
}
