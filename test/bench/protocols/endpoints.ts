// The endpoints behind every proxy: nginx, three of each protocol in one process, with static files.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePorts } from '../../../src/demo/free-ports.ts';
import { newAuthority } from '../../support/certificates.ts';
import { findProgram } from '../../support/find-program.ts';
import { BenchProcess } from '../bench-process.ts';
import { UPSTREAM_PATHS } from '../shapes.ts';
import { ACCOUNT_PATH, accountResponse } from './account.ts';
import type { EndpointProtocol } from './row.ts';
import { GRPC_RESPONSES, grpcMessages } from './row.ts';

/** The name in the certificate of those that speak TLS. */
export const SERVER_NAME = 'endpoints.test';

export interface Endpoints {
  readonly ports: Readonly<Record<EndpointProtocol, readonly number[]>>;
  readonly caFile: string;
  stop(): Promise<void>;
}

const EACH = 3;

/** @throws Error where this machine has no nginx */
export async function startEndpoints(folder: string): Promise<Endpoints> {
  const nginx = findProgram('nginx');
  if (nginx === undefined) throw new Error('nginx is not on this machine, and the endpoints are nginx');
  const root = join(folder, 'files');
  writeFiles(root);
  const authority = newAuthority();
  const issued = authority.issue({ dns: [SERVER_NAME] });
  const [caFile, certFile, keyFile] = ['ca.pem', 'own.pem', 'own.key'].map((name) => join(folder, name));
  if (caFile === undefined || certFile === undefined || keyFile === undefined) throw new Error('no files');
  writeFileSync(caFile, authority.cert);
  writeFileSync(certFile, issued.cert);
  writeFileSync(keyFile, issued.key);
  const ports = await freePorts(3 * EACH);
  const [plain, http2, secure] = [0, 1, 2].map((kind) => ports.slice(kind * EACH, (kind + 1) * EACH));
  if (plain === undefined || http2 === undefined || secure === undefined) throw new Error('no ports');
  const servers = [
    ...plain.map((port) => server(`127.0.0.1:${port} backlog=4096`, root)),
    ...http2.map((port) => server(`127.0.0.1:${port} backlog=4096 http2`, root)),
    ...secure.map((port) =>
      server(
        `127.0.0.1:${port} backlog=4096 ssl`,
        root,
        `ssl_certificate ${certFile}; ssl_certificate_key ${keyFile};`,
      ),
    ),
  ];
  const file = join(folder, 'endpoints.conf');
  writeFileSync(file, configuration(folder, servers));
  const command = { program: nginx, args: ['-e', 'stderr', '-c', file, '-p', folder] };
  const running = BenchProcess.start(command, join(folder, 'endpoints.log'));
  for (const port of plain) await running.untilAnswering(`http://127.0.0.1:${port}/small`);
  return {
    ports: { 'HTTP/1.1': plain, TCP: plain, h2c: http2, 'HTTP/1.1 over TLS': secure },
    caFile,
    stop: () => running.stop(),
  };
}

function writeFiles(root: string): void {
  const contents = [
    ...Object.entries(UPSTREAM_PATHS).map(([path, bytes]) => [path, Buffer.alloc(bytes, 'x')] as const),
    ...Object.entries(GRPC_RESPONSES).map(([path, sizes]) => [`/grpc${path}`, grpcMessages(sizes)] as const),
    [`/grpc${ACCOUNT_PATH}`, accountResponse()] as const,
  ];
  for (const [path, content] of contents) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
}

/** Static files answer no POST. The mirror makes nginx read the content first, as an application does. */
function server(listen: string, root: string, more = ''): string {
  return `
    server {
      listen ${listen};
      ${more}
      root ${root};
      location ~ ^/(bench|ledger)\\. { mirror /dropped; error_page 404 405 =200 /grpc$uri; }
      location /grpc/ { types {} default_type application/grpc; add_trailer grpc-status 0; }
      location = /dropped { internal; return 204; }
    }`;
}

function configuration(folder: string, servers: readonly string[]): string {
  return `daemon off;
master_process off;
pid ${folder}/endpoints.pid;
error_log stderr error;
events { worker_connections 16384; }
http {
  access_log off;
  sendfile on;
  open_file_cache max=100 inactive=1h;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  client_body_buffer_size 64k;
  client_body_temp_path ${folder}/endpoints-body;
  proxy_temp_path ${folder}/endpoints-proxy;
  fastcgi_temp_path ${folder}/endpoints-fastcgi;
  uwsgi_temp_path ${folder}/endpoints-uwsgi;
  scgi_temp_path ${folder}/endpoints-scgi;${servers.join('')}
}
`;
}
