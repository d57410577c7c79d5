import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../../../support/find-program.ts';
import { foundProgram, programOf } from '../../peers/found-program.ts';
import { SERVICE } from '../../peers/peer.ts';
import { SERVER_NAME } from '../endpoints.ts';
import type { RowPeer } from './row-peer.ts';

export const caddy: RowPeer = {
  name: 'Caddy',
  find: () => foundProgram('caddy', findProgram('caddy'), 'version'),
  prepare({ row, port, endpoints, caFile, folder }) {
    if (row.client === 'TCP') return undefined;
    const file = join(folder, 'Caddyfile');
    const isSecure = row.endpoint === 'HTTP/1.1 over TLS';
    const scheme = isSecure ? 'https://' : row.endpoint === 'h2c' ? 'h2c://' : '';
    const tls = isSecure
      ? `tls
				tls_trusted_ca_certs ${caFile}
				tls_server_name ${SERVER_NAME}
				versions 1.1`
      : row.endpoint === 'h2c'
        ? 'versions h2c 2'
        : '';
    writeFileSync(
      file,
      `{
	admin off
	auto_https off
	storage file_system ${folder}/storage
	servers {
		protocols h1 h2c
	}
}
http://127.0.0.1:${port} {
	bind 127.0.0.1
	handle_path /${SERVICE}/* {
		reverse_proxy ${endpoints.map((at) => `${scheme}127.0.0.1:${at}`).join(' ')} {
			lb_policy least_conn
			transport http {
				keepalive_idle_conns_per_host 1024
				${tls}
			}
		}
	}
}
`,
    );
    // It saves the last configuration among the user's own otherwise.
    return {
      program: programOf('env'),
      args: [
        `XDG_CONFIG_HOME=${folder}`,
        programOf('caddy'),
        'run',
        '--config',
        file,
        '--adapter',
        'caddyfile',
      ],
    };
  },
};
