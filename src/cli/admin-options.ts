// What the commands that talk to a running ambassador share on their command lines.

import { readFileSync } from 'node:fs';
import { fileFault } from '../core/file-fault.ts';
import { adminAddress } from './admin-address.ts';
import { AdminClient } from './admin-client.ts';
import { UsageError } from './command.ts';

export const ADMIN_OPTIONS = {
  admin: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** The lines about `admin` and `json` in a command's usage. */
export const ADMIN_USAGE = `
  --admin ADDRESS   where its admin API listens: HOST:PORT or unix:PATH (default $AMBASSADOR_ADMIN_ADDR, else
                    127.0.0.1:15001)
  --json            the admin API's own response`;

/** @param option `--admin`. @throws UsageError */
export function adminClient(option: string | undefined, env: NodeJS.ProcessEnv): AdminClient {
  return new AdminClient(adminAddress(option, env));
}

export const OPERATOR_OPTIONS = {
  ...ADMIN_OPTIONS,
  who: { type: 'string' },
  why: { type: 'string' },
  token: { type: 'string' },
  'token-file': { type: 'string' },
} as const;

export const OPERATOR_USAGE = `
  --why TEXT          the reason, for the log and the timeline
  --who NAME          who asks (default $USER)
  --token-file FILE   the admin token's file; or --token TOKEN, or the variable AMBASSADOR_ADMIN_TOKEN
                      (none is needed over a unix socket)
  --admin ADDRESS     where its admin API listens: HOST:PORT or unix:PATH (default $AMBASSADOR_ADMIN_ADDR, else
                      127.0.0.1:15001)
  --json              the admin API's own response`;

/** @throws UsageError */
export function readToken(
  values: { readonly token?: string | undefined; readonly 'token-file'?: string | undefined },
  env: NodeJS.ProcessEnv,
): string | undefined {
  const file = values['token-file'];
  if (file === undefined) return values.token ?? env['AMBASSADOR_ADMIN_TOKEN'];
  if (values.token !== undefined) throw new UsageError('--token and --token-file exclude each other');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new UsageError(`${file}, of --token-file, cannot be read: ${fileFault(error)}`);
  }
}
