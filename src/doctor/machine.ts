// This machine: what the process may open, and the names that applications call.

import { lookup } from 'node:dns/promises';
import { limitWarning, openFileLimit } from '../app/open-file-limit.ts';
import { messageOf } from '../core/errors.ts';
import type { Examination } from './context.ts';
import type { Finding } from './finding.ts';
import { failure, ok, warning } from './finding.ts';

export const machine: Examination = async ({ config }) => [...(await openFiles(config)), await localhost()];

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
