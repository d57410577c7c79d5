import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../support/find-program.ts';
import { foundProgram, programOf } from './found-program.ts';
import type { Peer } from './peer.ts';
import { SERVICE } from './peer.ts';

export const caddy: Peer = {
  name: 'Caddy',
  note: 'least_conn, max_fails 5',
  find: () => foundProgram('caddy', findProgram('caddy'), 'version'),
  prepare({ port, endpoints, folder }) {
    const file = join(folder, 'Caddyfile');
    const upstreams = endpoints.map((at) => `127.0.0.1:${at}`).join(' ');
    writeFileSync(
      file,
      `{
	admin off
	auto_https off
	storage file_system ${folder}/storage
}
http://127.0.0.1:${port} {
	bind 127.0.0.1
	handle_path /${SERVICE}/* {
		reverse_proxy ${upstreams} {
			lb_policy least_conn
			fail_duration 30s
			max_fails 5
			unhealthy_status 5xx
			transport http {
				keepalive_idle_conns_per_host 1024
			}
		}
	}
}
`,
    );
    // It saves the last configuration among the user's own otherwise.
    const home = `XDG_CONFIG_HOME=${folder}`;
    return {
      program: programOf('env'),
      args: [home, programOf('caddy'), 'run', '--config', file, '--adapter', 'caddyfile'],
    };
  },
};
