import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../../support/find-program.ts';
import { foundProgram, programOf } from '../../peers/found-program.ts';
import { SERVICE } from '../../peers/peer.ts';
import { SERVER_NAME } from '../endpoints.ts';
import type { EndpointProtocol } from '../row.ts';
import type { RowPeer } from './row-peer.ts';

export const haproxy: RowPeer = {
  name: 'HAProxy',
  find: () => foundProgram('haproxy', findProgram('haproxy'), '-v'),
  prepare({ row, port, endpoints, caFile, folder }) {
    const file = join(folder, 'haproxy.cfg');
    const isTcp = row.client === 'TCP';
    const speaks: Readonly<Record<EndpointProtocol, string>> = {
      'HTTP/1.1': '',
      TCP: '',
      h2c: ' proto h2',
      'HTTP/1.1 over TLS': ` ssl verify required ca-file ${caFile} verifyhost ${SERVER_NAME} sni str(${SERVER_NAME})`,
    };
    const servers = endpoints.map((at, i) => `  server e${i} 127.0.0.1:${at}${speaks[row.endpoint]}`);
    writeFileSync(
      file,
      `global
  nbthread 1
  maxconn 5000
defaults
  mode ${isTcp ? 'tcp' : 'http'}
  timeout connect 1s
  timeout client 600s
  timeout server 60s
frontend in
  bind 127.0.0.1:${port} backlog 4096${row.client === 'h2c' ? ' proto h2' : ''}
  default_backend ${SERVICE}
backend ${SERVICE}
  balance leastconn
${isTcp ? '' : `  http-reuse always\n  http-request replace-path /${SERVICE}/(.*) /\\1\n`}${servers.join('\n')}
`,
    );
    return { program: programOf('haproxy'), args: ['-db', '-f', file] };
  },
};
