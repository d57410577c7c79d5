// Which settings a running process cannot take, because what they are about was made once.

import { isDeepStrictEqual } from 'node:util';
import type { Config } from './types.ts';

type Section = (config: Config) => object;

const AT_START_ONLY: Readonly<Record<string, Section>> = {
  configuration: ({ configuration }) => configuration,
  consul: ({ consul }) => consul,
  admin: ({ admin: { listen } }) => ({ listen }),
  discovery: ({ discovery: { snapshotFile } }) => ({ snapshotFile }),
  limits: ({ limits: { requestHeaders } }) => ({ requestHeaders }),
  tracing: ({ tracing }) => tracing,
  register: ({ register }) => register ?? {},
};

/**
 * The keys of `next` that count only after a restart.
 * @param started what the process was started with
 */
export function keysWaitingForRestart(started: Config, next: Config): string[] {
  return Object.entries(AT_START_ONLY).flatMap(([section, read]) => {
    const [before, after] = [new Map(Object.entries(read(started))), new Map(Object.entries(read(next)))];
    return [...new Set([...before.keys(), ...after.keys()])]
      .filter((key) => !isDeepStrictEqual(before.get(key), after.get(key)))
      .map((key) => `${section}.${key}`);
  });
}
