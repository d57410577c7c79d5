// What a container may do, as the engine says and as the container itself finds.

import assert from 'node:assert/strict';
import { z } from 'zod';
import { runCommand } from '../../src/demo/run-command.ts';
import type { Compose } from './compose.ts';
import { inspect } from './compose.ts';
import { say } from './say.ts';

const containerView = z.object({
  Name: z.string(),
  Image: z.string(),
  HostConfig: z.object({
    ReadonlyRootfs: z.boolean(),
    CapDrop: z.array(z.string()),
    SecurityOpt: z.array(z.string()),
    Memory: z.number(),
    NanoCpus: z.number(),
    PidsLimit: z.number(),
    RestartPolicy: z.object({ Name: z.string() }),
    LogConfig: z.object({ Config: z.record(z.string(), z.string()) }),
  }),
});

const MEGA = 1_000_000;

/** Every container: a read-only root, no capabilities, bounds, and a restart policy; none runs as root. */
export async function everyContainerIsContained(compose: Compose): Promise<void> {
  for (const container of await compose.containers()) {
    const { Name, HostConfig } = containerView.parse(JSON.parse(await inspect(container, '{{json .}}')));
    assert.deepEqual(
      {
        readOnly: HostConfig.ReadonlyRootfs,
        dropped: HostConfig.CapDrop,
        security: HostConfig.SecurityOpt,
        restart: HostConfig.RestartPolicy.Name,
        log: HostConfig.LogConfig.Config,
        isBounded: HostConfig.Memory > 0 && HostConfig.NanoCpus > 0 && HostConfig.PidsLimit > 0,
        capabilities: await statusOf(container, 'CapEff'),
        noNewPrivileges: await statusOf(container, 'NoNewPrivs'),
        isRoot: (await statusOf(container, 'Uid')).startsWith('0'),
      },
      {
        readOnly: true,
        dropped: ['ALL'],
        security: ['no-new-privileges:true'],
        restart: 'unless-stopped',
        log: { 'max-size': '10m', 'max-file': '3' },
        isBounded: true,
        capabilities: '0000000000000000',
        noNewPrivileges: '1',
        isRoot: false,
      },
      Name,
    );
  }
  const image = await inspect(await compose.container('ambassador'), '{{.Image}}');
  const bytes = Number(await runCommand('docker', ['image', 'inspect', '--format', '{{.Size}}', image]));
  say(`every container is contained; the ambassador's image takes ${(bytes / MEGA).toFixed(0)} MB`);
}

/** A line of the first process's /proc/PID/status. */
async function statusOf(container: string, key: string): Promise<string> {
  const status = await runCommand('docker', ['exec', container, 'cat', '/proc/1/status']);
  return (
    status
      .split('\n')
      .find((line) => line.startsWith(`${key}:`))
      ?.slice(key.length + 1)
      .trim() ?? ''
  );
}
