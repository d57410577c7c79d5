// Takes a program out of a Debian package without installing it: no root, nothing changed on the machine.

import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import { sourcesForSuite } from './debian-sources.ts';
import { runCommand } from './run-command.ts';

/** The last Debian release with a `consul` package: 1.8.7, one static binary. */
const SUITE_WITH_CONSUL = 'bullseye';

/**
 * The program's bytes.
 * @throws an error that says which part of a Debian machine is missing or what apt-get answered
 */
export async function extractConsulFromDebian(): Promise<Uint8Array> {
  const sources = sourcesForSuite(await readSources(), await debianCodename(), SUITE_WITH_CONSUL);
  if (sources.length === 0) throw new Error('no package source of Debian itself is configured here');

  const scratch = await mkdtemp(join(tmpdir(), 'consul-ambassador-apt-'));
  try {
    // When started by root, apt-get drops its rights and must still be able to enter.
    await chmod(scratch, 0o755);
    for (const folder of ['parts', 'lists', 'cache', 'tree']) await mkdir(join(scratch, folder));
    for (const { name, text } of sources) await writeFile(join(scratch, 'parts', name), text);
    const options = aptOptions(scratch);
    const updateFailure = await runCommand('apt-get', [...options, 'update'], {
      timeoutMs: 180_000,
    }).then(() => '', messageOf);
    await runCommand('apt-get', [...options, 'download', 'consul'], {
      cwd: scratch,
      timeoutMs: 180_000,
    }).catch((error: unknown) => {
      // One suite may be gone from the mirror while the package is still there, so that a failed update alone
      // decides nothing; it is the likelier cause when the download fails as well.
      throw updateFailure === '' ? error : new Error(updateFailure, { cause: error });
    });
    const archive = (await readdir(scratch)).find((name) => name.endsWith('.deb'));
    if (archive === undefined) throw new Error('apt-get downloaded no package');
    await runCommand('dpkg', ['-x', join(scratch, archive), join(scratch, 'tree')]);
    return await readFile(join(scratch, 'tree', 'usr', 'bin', 'consul'));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function aptOptions(scratch: string): string[] {
  const settings = {
    'Dir::Etc::sourcelist': '/dev/null',
    'Dir::Etc::sourceparts': join(scratch, 'parts'),
    'Dir::State::Lists': join(scratch, 'lists'),
    'Dir::Cache': join(scratch, 'cache'),
    'Acquire::Languages': 'none',
    // The suite gets no updates any more, so its signed date grows old.
    'Acquire::Check-Valid-Until': 'false',
  };
  return ['-q', ...Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`])];
}

async function debianCodename(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const codename = /^VERSION_CODENAME=(\S+)$/m.exec(release)?.[1];
  if (!/^ID=debian$/m.test(release) || codename === undefined)
    throw new Error('this is not a Debian machine');
  return codename;
}

async function readSources(): Promise<{ name: string; text: string }[]> {
  const folder = '/etc/apt/sources.list.d';
  const names = await readdir(folder).catch(() => []);
  const paths = names.filter((name) => /\.(list|sources)$/.test(name)).map((name) => join(folder, name));
  const files: { name: string; text: string }[] = [];
  for (const path of ['/etc/apt/sources.list', ...paths]) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text !== undefined) files.push({ name: path.replaceAll('/', '_'), text });
  }
  return files;
}
