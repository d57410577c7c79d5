import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../support/find-program.ts';
import { foundProgram, programOf } from './found-program.ts';
import type { Peer } from './peer.ts';
import { SERVICE } from './peer.ts';

export const haproxy: Peer = {
  name: 'HAProxy',
  note: 'leastconn, observe layer7, one thread',
  find: () => foundProgram('haproxy', findProgram('haproxy'), '-v'),
  prepare({ port, endpoints, folder }) {
    const file = join(folder, 'haproxy.cfg');
    const servers = endpoints.map((at, i) => `  server endpoint-${i} 127.0.0.1:${at}`).join('\n');
    writeFileSync(
      file,
      `global
  nbthread 1
  maxconn 5000
defaults
  mode http
  timeout connect 1s
  timeout client 600s
  timeout server 60s
  timeout http-keep-alive 600s
frontend in
  bind 127.0.0.1:${port} backlog 4096
  default_backend ${SERVICE}
backend ${SERVICE}
  balance leastconn
  http-reuse always
  http-request replace-path /${SERVICE}/(.*) /\\1
  default-server check inter 10s observe layer7 error-limit 5 on-error mark-down
${servers}
`,
    );
    return { program: programOf('haproxy'), args: ['-db', '-f', file] };
  },
};
