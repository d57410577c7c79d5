// `ambassador top`: a running ambassador, live on a terminal.

import { parseArgs } from 'node:util';
import type { Overview } from '../admin/overview-view.ts';
import type { ServiceView } from '../admin/service-view.ts';
import { messageOf } from '../core/errors.ts';
import { AdminError } from './admin-address.ts';
import type { AdminClient } from './admin-client.ts';
import { ADMIN_OPTIONS, adminClient } from './admin-options.ts';
import type { Command } from './command.ts';
import { EXIT } from './command.ts';
import { Terminal } from './terminal.ts';
import { TopKeys } from './top-keys.ts';
import { topOnce, topScreen } from './top-screen.ts';

const OPTIONS = { ...ADMIN_OPTIONS, once: { type: 'boolean', default: false } } as const;

const REFRESH_MS = 1_000;

export const top: Command = {
  usage: `ambassador top [--admin ADDRESS] [--once] [--json]

  --admin ADDRESS   where its admin API listens: HOST:PORT or unix:PATH (default $AMBASSADOR_ADMIN_ADDR, else
                    127.0.0.1:15001)
  --once            print it once and end; so it does where standard output is no terminal
  --json            the admin API's own overview, once

Keys: q or Ctrl-C quits, arrows or j and k select, Enter shows a service's endpoints, Esc goes back, s sorts by name,
requests, errors or p99. NO_COLOR=1 leaves out the colours.`,
  options: OPTIONS,

  async run(args, io) {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const client = adminClient(values.admin, io.env);
    const overview = await askOverview(client);
    if (values.json) {
      io.print(JSON.stringify(overview, null, 2));
      return EXIT.done;
    }
    const keys = new TopKeys(overview);
    if (values.once || !process.stdout.isTTY || !process.stdin.isTTY) {
      for (const line of topOnce(keys.state)) io.print(line);
      return EXIT.done;
    }
    await live(client, keys, (io.env['NO_COLOR'] ?? '') === '');
    return EXIT.done;
  },
};

/** Until the user quits. */
async function live(client: AdminClient, keys: TopKeys, colour: boolean): Promise<void> {
  const terminal = new Terminal();
  const draw = (): void => terminal.draw(topScreen(keys.state, { ...terminal.size, colour }));
  const refresh = async (): Promise<void> => {
    try {
      const overview = await askOverview(client);
      const { opened } = keys.state;
      const endpoints = opened === undefined ? undefined : await askEndpoints(client, opened.name);
      keys.answered(overview, endpoints);
    } catch (error) {
      keys.failed(messageOf(error));
    }
  };
  await new Promise<void>((resolve) => {
    let next: NodeJS.Timeout | undefined;
    let hasQuit = false;
    const turn = (): void => {
      clearTimeout(next);
      void refresh().then(() => {
        if (hasQuit) return;
        draw();
        clearTimeout(next);
        next = setTimeout(turn, REFRESH_MS);
      });
    };
    terminal.open({
      resized: draw,
      pressed: (key) => {
        const effect = keys.pressed(key);
        if (effect === 'quit') {
          hasQuit = true;
          clearTimeout(next);
          resolve();
          return;
        }
        draw();
        if (effect === 'refresh') turn();
      },
    });
    draw();
    next = setTimeout(turn, REFRESH_MS);
  }).finally(() => terminal.close());
}

/** @throws AdminError */
async function askOverview(client: AdminClient): Promise<Overview> {
  const answer = (await client.get('/api/overview')) as Partial<Overview>;
  if (!Array.isArray(answer.services))
    throw new AdminError('the admin API answered something else than an overview');
  return answer as Overview;
}

/** @throws AdminError */
async function askEndpoints(client: AdminClient, name: string): Promise<ServiceView['endpoints']> {
  const { endpoints } = (await client.get(
    `/api/services/${encodeURIComponent(name)}`,
  )) as Partial<ServiceView>;
  return endpoints ?? [];
}
