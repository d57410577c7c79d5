// How much of what was written to a connection its peer has not acknowledged, as Linux says it.
// Source: proc(5), /proc/net/tcp; Linux kernel documentation, "proc_net_tcp".

import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import type { ConnectionStream } from './connection-stream.ts';

/** One reading serves all who ask while it is under way. */
let reading: Promise<ReadonlyMap<string, number>> | undefined;

/** Bytes; undefined where the system does not tell, or the connection is gone. Never rejects. */
export async function unacknowledgedBytes(socket: ConnectionStream): Promise<number | undefined> {
  if (process.platform !== 'linux') return undefined;
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  if (localAddress === undefined || localPort === undefined) return undefined;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  reading ??= readQueues().finally(() => {
    reading = undefined;
  });
  const queues = await reading;
  return queues.get(`${localPort}>${remotePort} ${hexAddress(remoteAddress)}`);
}

/** By the ports of both ends and the address of the peer: enough to tell the connections of a machine apart. */
async function readQueues(): Promise<ReadonlyMap<string, number>> {
  const queues = new Map<string, number>();
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const text = await readFile(file, 'latin1').catch(() => '');
    for (const line of text.split('\n').slice(1)) {
      const [, local = '', remote = '', , queue = ''] = line.trim().split(/\s+/);
      const [address = '', port = ''] = remote.split(':');
      const unsent = Number.parseInt(queue.split(':')[0] ?? '', 16);
      if (Number.isNaN(unsent)) continue;
      queues.set(`${portOf(local.split(':')[1] ?? '')}>${portOf(port)} ${address}`, unsent);
    }
  }
  return queues;
}

function portOf(hex: string): number {
  return Number.parseInt(hex, 16);
}

/** As the kernel prints it: words of 32 bits in the machine's order, which is little-endian wherever Node.js runs. */
function hexAddress(address: string): string {
  const bytes = isIPv4(address) ? ipv4Bytes(address) : ipv6Bytes(address);
  let text = '';
  for (let word = 0; word < bytes.length; word += 4) {
    for (let i = 3; i >= 0; i--) text += (bytes[word + i] ?? 0).toString(16).padStart(2, '0').toUpperCase();
  }
  return text;
}

function ipv4Bytes(address: string): readonly number[] {
  return address.split('.').map(Number);
}

function ipv6Bytes(address: string): readonly number[] {
  const [plain = ''] = address.split('%');
  const embedded = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(plain);
  const hex =
    embedded === null ? plain : `${embedded[1]}${ipv4Groups(ipv4Bytes(embedded[2] ?? '')).join(':')}`;
  const [head = '', tail] = hex.split('::');
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const filled = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
  return filled.flatMap((group) => [group >> 8, group & 0xff]);
}

function ipv4Groups([a = 0, b = 0, c = 0, d = 0]: readonly number[]): readonly string[] {
  return [((a << 8) | b).toString(16), ((c << 8) | d).toString(16)];
}

function groups(text: string): readonly number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}
