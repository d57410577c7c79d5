import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../support/find-program.ts';
import { foundProgram, programOf } from './found-program.ts';
import type { Peer } from './peer.ts';
import { SERVICE } from './peer.ts';

export const nginx: Peer = {
  name: 'nginx',
  note: 'least_conn, max_fails=5, connections kept',
  find: () => foundProgram('nginx', findProgram('nginx'), '-v'),
  prepare({ port, endpoints, folder }) {
    const file = join(folder, 'nginx.conf');
    const servers = endpoints
      .map((at) => `server 127.0.0.1:${at} max_fails=5 fail_timeout=30s;`)
      .join('\n    ');
    writeFileSync(
      file,
      `daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 16384; }
http {
  access_log off;
  client_body_buffer_size 32k;
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
    ${servers}
    keepalive 1024;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location /${SERVICE}/ {
      proxy_pass http://${SERVICE}/;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`,
    );
    return { program: programOf('nginx'), args: ['-e', 'stderr', '-c', file, '-p', folder] };
  },
};
