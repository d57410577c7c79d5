import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../../support/find-program.ts';
import { foundProgram, programOf } from '../../peers/found-program.ts';
import { SERVICE } from '../../peers/peer.ts';
import { SERVER_NAME } from '../endpoints.ts';
import type { Row } from '../row.ts';
import type { RowPeer } from './row-peer.ts';

/** Before 1.29 it speaks HTTP/2 to endpoints for gRPC alone, and for TCP it needs a module that is often not there. */
export const nginx: RowPeer = {
  name: 'nginx',
  find: () => foundProgram('nginx', findProgram('nginx'), '-v'),
  prepare({ row, port, endpoints, caFile, folder }) {
    const location = locationFor(row, caFile);
    if (location === undefined) return undefined;
    const file = join(folder, 'nginx.conf');
    writeFileSync(
      file,
      `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 16384; }
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  proxy_max_temp_file_size 0;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  upstream ${SERVICE} {
    least_conn;
    ${endpoints.map((at) => `server 127.0.0.1:${at};`).join(' ')}
    keepalive 1024;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096${row.client === 'h2c' ? ' http2' : ''};
    location /${SERVICE}/ {
      ${location}
    }
  }
}
`,
    );
    return { program: programOf('nginx'), args: ['-e', 'stderr', '-c', file, '-p', folder] };
  },
};

function locationFor({ endpoint, grpc }: Row, caFile: string): string | undefined {
  if (grpc) return `rewrite ^/${SERVICE}/(.*)$ /$1 break; grpc_pass grpc://${SERVICE};`;
  if (endpoint !== 'HTTP/1.1 over TLS') return undefined;
  return `proxy_pass https://${SERVICE}/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_ssl_trusted_certificate ${caFile};
      proxy_ssl_verify on;
      proxy_ssl_server_name on;
      proxy_ssl_name ${SERVER_NAME};`;
}
