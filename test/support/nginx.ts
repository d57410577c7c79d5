// A real nginx with the servers that a test writes, in the foreground, without anything outside of a folder of its own.

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { endWithThisProcess } from '../../src/demo/leftovers.ts';
import { temporaryFolder } from './ambassador-process.ts';
import { eventually } from './eventually.ts';
import { requireProgram } from './prerequisites.ts';
import { unusedPort } from './upstreams.ts';

/** @param servers the `server` blocks, by the port that all of them listen on. @returns that port */
export async function startNginx(
  t: Pick<TestContext, 'after'>,
  servers: (port: number) => string,
): Promise<number> {
  const port = await unusedPort();
  const folder = temporaryFolder();
  const file = join(folder, 'nginx.conf');
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr error;
events { worker_connections 256; }
http { access_log off; default_type text/plain; ${paths.join(' ')}
${servers(port)} }
`,
  );
  const child = spawn(requireProgram('nginx'), ['-c', file, '-p', folder, '-e', 'stderr'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  endWithThisProcess(child);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await eventually(async () => {
    if (!(await answers(port))) throw new Error(`nginx does not listen yet: ${errors}`);
  });
  return port;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
