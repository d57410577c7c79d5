// What a start would trip over beyond the text of the configuration: the files and folders that it names, and with `ports`
// the addresses that it would bind.

import { constants } from 'node:fs';
import { access, lstat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { consulSpeaksTls } from '../app/consul-setup.ts';
import { tlsSettings } from '../app/dialers.ts';
import type { DescriptorFile } from '../app/translations.ts';
import { descriptorFiles } from '../app/translations.ts';
import type { Path } from '../config/raw.ts';
import type { Config } from '../config/types.ts';
import { messageOf } from '../core/errors.ts';
import { formatAddress } from '../listener/listener.ts';
import type { ListenAddress } from '../net/listen-address.ts';
import { describePortHolder } from '../net/port-holder.ts';
import type { IdentityFiles } from '../net/tls/identity-files.ts';
import type { PreflightRemark, WrittenFile } from './writable-files.ts';
import { faultText, unwritable, WRITABLE } from './writable-files.ts';

/** Each is looked at as it is now; nothing is created but a socket for a moment, with `ports`. */
export async function preflight(
  config: Config,
  { ports, files }: { readonly ports: boolean; readonly files: boolean },
): Promise<readonly PreflightRemark[]> {
  const remarks = await Promise.all([
    ...(files ? readableFiles(config).map(([path, file]) => unreadable(path, file)) : []),
    ...(files ? identities(config).map(unusableForTls) : []),
    ...(files ? descriptorFiles(config).map(unusableDescriptors) : []),
    ...(files ? writableFiles(config).map((written) => unwritable(written)) : []),
    ...(files ? sockets(config).map(([path, file]) => noSocket(path, file)) : []),
    ...(ports ? listenAddresses(config).map(([path, address]) => unbindable(path, address)) : []),
  ]);
  return remarks.filter((remark) => remark !== undefined);
}

type Named = readonly [path: Path, file: string];

function readableFiles({ consul, admin }: Config): readonly Named[] {
  return named([
    [['consul', 'tokenFile'], consul.tokenFile],
    [['admin', 'tokenFile'], admin.tokenFile],
  ]);
}

function writableFiles({ discovery, accessLog }: Config): readonly WrittenFile[] {
  const { snapshotFile } = discovery;
  return [
    ...(snapshotFile === undefined
      ? []
      : [{ path: ['discovery', 'snapshotFile'], file: snapshotFile, replaces: true }]),
    ...(accessLog.file === undefined
      ? []
      : [{ path: ['accessLog', 'file'], file: accessLog.file, replaces: false }]),
  ];
}

function named(files: readonly (readonly [Path, string | undefined])[]): readonly Named[] {
  return files.flatMap(([path, file]) => (file === undefined ? [] : [[path, file] as const]));
}

/** All that this configuration listens on, and where each stands in it. */
export function listenAddresses({
  listen,
  admin,
  services,
}: Config): readonly (readonly [Path, ListenAddress])[] {
  return [
    ...listen.map((address, index) => [['listen', index], address] as const),
    [['admin', 'listen'], admin.listen] as const,
    ...[...services.values()].flatMap((service) =>
      service.listen.map((address, index) => [['services', service.name, 'listen', index], address] as const),
    ),
  ];
}

function sockets(config: Config): readonly Named[] {
  return listenAddresses(config).flatMap(([path, address]) =>
    address.kind === 'unix' ? [[path, address.path] as const] : [],
  );
}

async function unreadable(path: Path, file: string): Promise<PreflightRemark | undefined> {
  const fault = await access(file, constants.R_OK).then(() => undefined, faultText);
  return fault === undefined
    ? undefined
    : { path, message: `${file} cannot be read: ${fault}`, remedy: READABLE };
}

interface NamedIdentity {
  readonly path: Path;
  readonly files: IdentityFiles;
  /** What the configuration calls its files, where it is not as here. */
  readonly keys: Partial<Record<keyof IdentityFiles, string>>;
}

function identities(config: Config): readonly NamedIdentity[] {
  const { listenTls, consul } = config;
  return [
    ...(consulSpeaksTls(consul) ? [{ path: ['consul', 'tls'], files: consul.tls, keys: {} }] : []),
    ...tlsSettings(config).map(({ path, tls: { caFile, certFile, keyFile } }) => ({
      path,
      files: { caFile, certFile, keyFile },
      keys: {},
    })),
    ...(listenTls === undefined
      ? []
      : [
          {
            path: ['listenTls'],
            files: {
              caFile: listenTls.clientCaFile,
              certFile: listenTls.certFile,
              keyFile: listenTls.keyFile,
            },
            keys: { caFile: 'clientCaFile' },
          },
        ]),
  ];
}

async function unusableForTls({ path, files, keys }: NamedIdentity): Promise<PreflightRemark | undefined> {
  const { IdentityFault, readIdentity } = await import('../net/tls/identity-files.ts');
  try {
    await readIdentity(files);
    return undefined;
  } catch (error) {
    if (!(error instanceof IdentityFault)) throw error;
    return {
      path: [...path, keys[error.file] ?? error.file],
      message: error.message,
      remedy: 'see docs/tls.md',
    };
  }
}

async function unusableDescriptors({ path, file }: DescriptorFile): Promise<PreflightRemark | undefined> {
  const { describeFile } = await import('../translate/description/file-description.ts');
  const fault = await describeFile(file).then(() => undefined, messageOf);
  return fault === undefined
    ? undefined
    : { path, message: fault, remedy: 'name a file as protoc --descriptor_set_out writes it' };
}

async function noSocket(path: Path, file: string): Promise<PreflightRemark | undefined> {
  const at = await lstat(file).catch(() => undefined);
  if (at !== undefined && !at.isSocket())
    return { path, message: `${file} exists and is not a socket`, remedy: 'name another path, or remove it' };
  const folder = dirname(file);
  const fault = await access(folder, constants.W_OK).then(() => undefined, faultText);
  return fault === undefined
    ? undefined
    : { path, message: `${file} cannot be created: ${folder}: ${fault}`, remedy: WRITABLE };
}

async function unbindable(path: Path, address: ListenAddress): Promise<PreflightRemark | undefined> {
  if (address.kind === 'unix') return undefined;
  const fault = await bindFault(address);
  // A machine without IPv6 has no loopback of it, and the ambassador goes on without.
  if (fault === undefined || (address.host === '::1' && NO_IPV6.has(fault.code ?? ''))) return undefined;
  const holder = fault.code === 'EADDRINUSE' ? await describePortHolder(address.port) : undefined;
  return {
    path,
    message: `cannot listen on ${formatAddress(address)}: ${holder === undefined ? fault.message : `it is taken by ${holder}`}`,
    remedy: BIND[fault.code ?? ''] ?? 'listen on another address',
  };
}

const READABLE = 'correct the path, or let this user read the file';

const BIND: Readonly<Record<string, string>> = {
  EADDRINUSE: 'end what listens there, or listen on another port',
  EADDRNOTAVAIL: 'listen on an address that this machine has',
  EACCES: 'listen on a port from 1024 on, or give the process CAP_NET_BIND_SERVICE',
};

const NO_IPV6: ReadonlySet<string> = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

function bindFault({
  host,
  port,
}: ListenAddress & { kind: 'tcp' }): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
