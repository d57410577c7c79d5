import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVICE } from '../../peers/peer.ts';
import { accountDescriptors } from '../account.ts';
import { SERVER_NAME } from '../endpoints.ts';
import type { Row } from '../row.ts';
import type { RowPeer } from './row-peer.ts';

export const ambassador: RowPeer = {
  name: 'ambassador',
  find: () => ({ version: 'this tree' }),
  translates: true,
  prepare({ row, port, spare, endpoints, caFile, folder, ambassadorMain }) {
    const file = join(folder, 'ambassador.json');
    const isTcp = row.client === 'TCP';
    const discover = { endpoints: endpoints.map((at) => `127.0.0.1:${at}`) };
    writeFileSync(
      file,
      JSON.stringify({
        discovery: { services: 'declared' },
        listen: `127.0.0.1:${isTcp ? 0 : port}`,
        admin: { listen: `127.0.0.1:${spare}` },
        services: {
          [SERVICE]: {
            discover,
            ...(isTcp ? { listen: `127.0.0.1:${port}` } : {}),
            ...settingsFor(row, caFile),
            ...(row.translated === true ? { translate: translation(folder) } : {}),
          },
        },
      }),
    );
    return { program: process.execPath, args: [ambassadorMain, 'run', '-c', file] };
  },
};

function translation(folder: string): object {
  const descriptors = join(folder, 'account.binpb');
  writeFileSync(descriptors, accountDescriptors());
  return { grpcJson: { descriptors } };
}

function settingsFor({ endpoint, grpc }: Row, caFile: string): object {
  switch (endpoint) {
    case 'HTTP/1.1':
      return {};
    case 'h2c':
      return { protocol: grpc ? 'grpc' : 'h2c' };
    case 'HTTP/1.1 over TLS':
      return { tls: { caFile, serverName: SERVER_NAME } };
    case 'TCP':
      return { protocol: 'tcp' };
  }
}
