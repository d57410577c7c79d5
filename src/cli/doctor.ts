// `ambassador doctor`: looks at everything around, a line for each thing with what to do about it.

import { parseArgs } from 'node:util';
import { setUpConsul } from '../app/consul-setup.ts';
import { connectSetup, Dialers } from '../app/dialers.ts';
import type { ConfigText } from '../config/parse.ts';
import { parseConfig } from '../config/parse.ts';
import { ConfigError, formatProblem } from '../config/problem.ts';
import { formatPath } from '../config/raw.ts';
import { readConfigFile } from '../config/read-file.ts';
import { learnSecrets } from '../config/secrets-behind.ts';
import type { Environment } from '../config/substitution.ts';
import type { Config } from '../config/types.ts';
import { silentObserver } from '../core/events.ts';
import { silentLogger } from '../core/logger.ts';
import { systemRandom } from '../core/random.ts';
import { secrets } from '../core/secrets.ts';
import { systemClock } from '../core/system-clock.ts';
import { askForLeader } from '../doctor/consul.ts';
import { EXAMINATIONS } from '../doctor/examinations.ts';
import type { Finding, Level } from '../doctor/finding.ts';
import { failure, ok, worst } from '../doctor/finding.ts';
import { examineKv } from '../doctor/kv-configuration.ts';
import { AddressRewriting } from '../endpoint/address-rewriting.ts';
import { CallableAddresses } from '../net/callable-addresses.ts';
import { formatListenAddress } from '../net/listen-address.ts';
import { ADMIN_VARIABLE } from './admin-address.ts';
import { AdminClient } from './admin-client.ts';
import type { Command } from './command.ts';
import { EXIT } from './command.ts';
import { listenAddresses, preflight } from './preflight.ts';
import { holdOpen } from './signals.ts';

const OPTIONS = {
  config: { type: 'string', short: 'c' },
  admin: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

/** Exit codes by the worst that was found. */
const CODES: Readonly<Record<Level, number>> = { ok: EXIT.done, warning: EXIT.done, failure: EXIT.failed };

const MARKS: Readonly<Record<Level, string>> = { ok: 'ok     ', warning: 'WARNING', failure: 'FAILURE' };

export const doctor: Command = {
  usage: `ambassador doctor [-c FILE] [SERVICE ...] [--admin ADDRESS] [--json]

  -c, --config FILE   the configuration; without it, the defaults and the environment
  SERVICE             look at the endpoints of these; without it, of those that the configuration declares
  --admin ADDRESS     where an ambassador that runs here has its admin API (default $AMBASSADOR_ADMIN_ADDR, else as the
                      configuration says)
  --json              { worst, findings: [{ level, subject, message, remedy }] } on standard output

Looks at this machine, the configuration and its files, Consul, the rights of the token, certificates, ports, and every
endpoint: each is connected to as a call would be. Nothing is changed. Exit code 1 when something has failed, 78 for a wrong
configuration, else 0.`,
  options: OPTIONS,
  positionals: ['service'],

  async run(args, io) {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    let read: Read;
    try {
      const source = await readConfigFile(values.config);
      read = { source, config: parseConfig(source, io.env), environment: io.env };
      learnSecrets(read.config);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      for (const problem of error.problems) io.complain(formatProblem(problem));
      return EXIT.badConfiguration;
    }
    const admin = values.admin ?? (io.env[ADMIN_VARIABLE] || formatListenAddress(read.config.admin.listen));
    const findings = (await examine(read, positionals, admin)).map(withoutSecrets);
    const so = worst(findings);
    if (values.json) io.print(JSON.stringify({ worst: so, findings }, null, 2));
    else for (const finding of findings) io.print(line(finding));
    return CODES[so];
  },
};

/** Files, folders, and the addresses to listen on, unless an ambassador listens there. */
async function settings(config: Config, admin: string): Promise<readonly Finding[]> {
  const running = await new AdminClient(admin).get('/api/overview').then(
    (overview) => String(Object(overview).version),
    () => undefined,
  );
  const remarks = await preflight(config, { ports: running === undefined, files: true });
  return [
    running === undefined
      ? ok('ambassador', 'none runs here')
      : ok('ambassador', `version ${running} runs, with its admin API at ${admin}`),
    ...remarks.map(({ path, message, remedy }) => failure(formatPath(path), message, remedy)),
    ...(remarks.length === 0
      ? [
          ok(
            'configuration',
            running === undefined ? 'its files and its addresses can be had' : 'its files can be used',
          ),
        ]
      : []),
  ];
}

/** The configuration of the file. */
interface Read {
  readonly source: ConfigText | undefined;
  readonly config: Config;
  readonly environment: Environment;
}

async function examine(read: Read, services: readonly string[], admin: string): Promise<readonly Finding[]> {
  const clock = systemClock;
  const random = systemRandom;
  const logger = silentLogger;
  const observer = silentObserver;
  // Files that cannot be used are findings of their own.
  const consul = await setUpConsul(read.config.consul, { clock, random, logger, observer }, () => {});
  const ended = new AbortController();
  const { signal } = ended;
  // What is waited for may be a timer alone.
  const letGo = holdOpen();
  try {
    const leader = await askForLeader({ config: read.config, services, consul, signal });
    const { config, findings } = await examineKv({ ...read, client: consul.client, signal });
    learnSecrets(config);
    const own = listenAddresses(config).map(([, address]) => address);
    const addresses = new CallableAddresses(() => own);
    addresses.allow(config.discovery.allowAddresses);
    const connect = connectSetup(config, consul.source);
    const dialers = new Dialers({ connect, clock, logger, addresses, rotated: () => {} });
    try {
      await dialers.prepare(config, () => {});
      const rewriting = new AddressRewriting(config.discovery.rewrite);
      const parts = { config, services, consul, leader, dialers, addresses, rewriting };
      const context = { ...parts, clock, random, signal };
      const found = [...(await settings(config, admin)), ...findings];
      for (const examination of EXAMINATIONS) found.push(...(await examination(context)));
      return found;
    } finally {
      dialers.close();
    }
  } finally {
    letGo();
    ended.abort();
    consul.close();
  }
}

function line({ level, subject, message, remedy }: Finding): string {
  return `${MARKS[level]}  ${subject}: ${message}${remedy === undefined ? '' : ` — ${remedy}`}`;
}

function withoutSecrets(finding: Finding): Finding {
  return {
    ...finding,
    message: secrets.redact(finding.message),
    ...(finding.remedy === undefined ? {} : { remedy: secrets.redact(finding.remedy) }),
  };
}
