// The service behind every proxy: three endpoints in one process that answer the same, nginx where there is one.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../src/demo/free-ports.ts';
import { findProgram } from '../support/find-program.ts';
import { BenchProcess } from './bench-process.ts';
import type { Command } from './pinning.ts';
import { UPSTREAM_PATHS } from './shapes.ts';

const ENDPOINTS = 3;
const NODE_UPSTREAM = fileURLToPath(new URL('./load/upstream-main.ts', import.meta.url));

export interface Upstream {
  readonly ports: readonly number[];
  readonly description: string;
  stop(): Promise<void>;
}

export async function startUpstream(folder: string): Promise<Upstream> {
  const nginx = findProgram('nginx');
  const ports = await freePorts(ENDPOINTS);
  const command =
    nginx === undefined
      ? { program: process.execPath, args: [NODE_UPSTREAM, ...ports.map(String)] }
      : nginxUpstream(nginx, ports, folder);
  const running = BenchProcess.start(command, join(folder, 'upstream.log'));
  for (const port of ports) await running.untilAnswering(`http://127.0.0.1:${port}/small`);
  return {
    ports,
    description: nginx === undefined ? 'node:http' : 'nginx, static files',
    stop: () => running.stop(),
  };
}

function nginxUpstream(program: string, ports: readonly number[], folder: string): Command {
  const root = join(folder, 'upstream');
  mkdirSync(root, { recursive: true });
  for (const [path, bytes] of Object.entries(UPSTREAM_PATHS))
    writeFileSync(join(root, path), 'x'.repeat(bytes));
  const servers = ports.map(
    (port) => `
    server {
      listen 127.0.0.1:${port} backlog=4096;
      root ${root};
      # Static files answer no POST. The mirror makes nginx read the content first, as an application does.
      location = /post { mirror /dropped; error_page 405 =200 /small; }
      location = /dropped { internal; return 204; }
    }`,
  );
  const file = join(folder, 'upstream.conf');
  writeFileSync(
    file,
    `daemon off;
master_process off;
pid ${folder}/upstream.pid;
error_log stderr error;
events { worker_connections 16384; }
http {
  access_log off;
  sendfile on;
  open_file_cache max=100 inactive=1h;
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  client_body_buffer_size 64k;
  client_body_temp_path ${folder}/upstream-body;
  proxy_temp_path ${folder}/upstream-proxy;
  fastcgi_temp_path ${folder}/upstream-fastcgi;
  uwsgi_temp_path ${folder}/upstream-uwsgi;
  scgi_temp_path ${folder}/upstream-scgi;${servers.join('')}
}
`,
  );
  return { program, args: ['-e', 'stderr', '-c', file, '-p', folder] };
}
