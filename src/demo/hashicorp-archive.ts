// Takes the Consul program out of HashiCorp's release archive, with its checksum checked.

import { createHash } from 'node:crypto';
import { unzipSync } from 'fflate';

export const HASHICORP_RELEASES = 'https://releases.hashicorp.com';
export const HASHICORP_VERSION = '1.21.2';

/** For a few hundred bytes: where nothing gets through, another source is asked soon. */
const REACHED_WITHIN_MS = 10_000;

/** For 50 MB. */
const FETCHED_WITHIN_MS = 300_000;

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x64: 'amd64',
  arm64: 'arm64',
  ia32: '386',
  arm: 'arm',
};

/**
 * The program's bytes.
 * @param baseUrl what stands in for https://releases.hashicorp.com
 * @throws an error when the archive is missing for this machine, unreachable, or not what its checksum says
 */
export async function downloadConsulFromHashiCorp(
  baseUrl: string,
  platform: string,
  arch: string,
): Promise<Uint8Array> {
  const name = `consul_${HASHICORP_VERSION}_${platform}_${ARCHITECTURES[arch] ?? arch}.zip`;
  const folder = `${baseUrl}/consul/${HASHICORP_VERSION}`;
  const sums = new TextDecoder().decode(
    await download(`${folder}/consul_${HASHICORP_VERSION}_SHA256SUMS`, REACHED_WITHIN_MS),
  );
  const expected = sums
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .find(([, file]) => file === name)?.[0];
  if (expected === undefined) throw new Error(`HashiCorp has no ${name}`);
  const archive = await download(`${folder}/${name}`, FETCHED_WITHIN_MS);
  const actual = createHash('sha256').update(archive).digest('hex');
  if (actual !== expected) throw new Error(`${name} has the checksum ${actual}, expected ${expected}`);
  const program = unzipSync(archive, { filter: (file) => file.name === 'consul' })['consul'];
  if (program === undefined) throw new Error(`${name} holds no consul`);
  return program;
}

async function download(url: string, withinMs: number): Promise<Uint8Array> {
  const response = await fetch(url, { signal: AbortSignal.timeout(withinMs) }).catch((error: unknown) => {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Error(`${url} cannot be reached: ${cause}`, { cause: error });
  });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
