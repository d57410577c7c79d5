// This machine: what the process may open, and the names that applications call.

import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { limitWarning, openFileLimit } from '../app/open-file-limit.ts';
import { messageOf } from '../core/errors.ts';
import type { Examination } from './context.ts';
import type { Finding } from './finding.ts';
import { failure, ok, warning } from './finding.ts';

export const machine: Examination = async ({ config }) => [
  ...(await openFiles(config)),
  await localhost(),
  await belowLocalhost(),
  ...(await consulHost(config.consul.address)),
];

async function openFiles(config: Parameters<typeof limitWarning>[1]): Promise<readonly Finding[]> {
  const limit = await openFileLimit();
  if (limit === undefined) return [];
  const tooFew = limitWarning(limit, config);
  if (tooFew === undefined) return [ok('open files', `${limit} may be open`)];
  const [message = '', ...remedy] = tooFew.split(/(?<=\.) (?=Raise)/);
  return [warning('open files', message, remedy.join(' '))];
}

async function localhost(): Promise<Finding> {
  try {
    const found = await lookup('localhost', { all: true });
    const foreign = found.find(({ address }) => !address.startsWith('127.') && address !== '::1');
    if (foreign === undefined)
      return ok('localhost', `is ${found.map(({ address }) => address).join(' and ')}`);
    return failure(
      'localhost',
      `is ${foreign.address}, which is not this machine's loopback`,
      'give localhost 127.0.0.1 and ::1 in /etc/hosts',
    );
  } catch (error) {
    return failure('localhost', messageOf(error), 'give localhost 127.0.0.1 and ::1 in /etc/hosts');
  }
}

/** glibc's and musl's own resolvers do not know such names; systemd-resolved, macOS and browsers do. */
async function belowLocalhost(): Promise<Finding> {
  const subject = 'NAME.localhost';
  try {
    const { address } = await lookup('service.localhost');
    if (address.startsWith('127.') || address === '::1') return ok(subject, `is ${address}`);
    return failure(
      subject,
      `is ${address}, which is not this machine's loopback`,
      'look at the search domains of /etc/resolv.conf',
    );
  } catch {
    return ok(
      subject,
      'is not resolved here, as in most containers: call services by path (/payments/…), by a Host field, or through HTTP_PROXY',
    );
  }
}

/** Only where it is a name: addresses need no DNS. */
async function consulHost(address: string): Promise<readonly Finding[]> {
  if (address.startsWith('unix:')) return [];
  const { hostname } = new URL(address);
  if (isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || hostname === 'localhost') return [];
  const subject = `DNS: ${hostname}`;
  try {
    const found = await lookup(hostname, { all: true });
    return [ok(subject, `is ${found.map((at) => at.address).join(' and ')}`)];
  } catch (error) {
    const remedy = 'look at consul.address and at /etc/resolv.conf';
    return [failure(subject, messageOf(error), remedy)];
  }
}
