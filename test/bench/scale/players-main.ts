// A process that plays ambassadors: takes an order over its IPC channel, and answers every further message with its
// figures.

import { subscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import type { DiscoveryQueryFacts } from '../../../src/core/discovery-query.ts';
import { silentObserver } from '../../../src/core/events.ts';
import type { PlayedAmbassador } from './played-ambassador.ts';
import { playAmbassador } from './played-ambassador.ts';
import type { PlayersFigures, PlayersOrder } from './players-message.ts';
import { CHANGE_KEY, machineMs } from './players-message.ts';

const sockets = new Set<Socket>();
let bytesOfClosed = 0;
subscribe('net.client.socket', (message) => {
  if (typeof message !== 'object' || message === null || !('socket' in message)) return;
  const { socket } = message;
  if (!(socket instanceof Socket)) return;
  sockets.add(socket);
  socket.once('close', () => {
    sockets.delete(socket);
    bytesOfClosed += bytesOf(socket);
  });
});

function bytesOf({ bytesRead, bytesWritten }: Socket): number {
  return bytesRead + bytesWritten;
}

const queries = { health: 0, other: 0, failed: 0 };
const observer = {
  ...silentObserver,
  discoveryQueried: ({ kind, outcome }: DiscoveryQueryFacts) => {
    if (kind === 'health') queries.health++;
    else queries.other++;
    if (outcome !== 'answered') queries.failed++;
  },
};

let arrivals: (readonly [string, number])[] = [];
const played: PlayedAmbassador[] = [];

function figures(): PlayersFigures {
  const taken = arrivals;
  arrivals = [];
  return {
    waiting: played.reduce((sum, { waiting }) => sum + waiting, 0),
    healthQueries: queries.health,
    otherQueries: queries.other,
    failedQueries: queries.failed,
    bytes: [...sockets].reduce((sum, socket) => sum + bytesOf(socket), bytesOfClosed),
    arrivals: taken,
  };
}

process.once('message', (order: PlayersOrder) => {
  process.on('message', () => process.send?.(figures()));
  void play(order);
});

async function play({ address, follow, watchesNames }: PlayersOrder): Promise<void> {
  const changed = ({ meta }: { readonly meta: Readonly<Record<string, string>> }): void => {
    const change = meta[CHANGE_KEY];
    if (change !== undefined) arrivals.push([change, machineMs()]);
  };
  for (const services of follow) {
    played.push(await playAmbassador(address, services, { observer, changed }, watchesNames));
  }
  process.send?.('playing');
}
