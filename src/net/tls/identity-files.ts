// An identity out of files, checked before it is used: half of a rotation must not come into force.

import type { KeyObject } from 'node:crypto';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { codeOf, messageOf } from '../../core/errors.ts';
import { fileFault } from '../../core/file-fault.ts';
import type { TlsIdentity } from './identity.ts';

export interface IdentityFiles {
  readonly caFile?: string | undefined;
  /** A folder of such files; those in it that hold no certificate count for nothing. */
  readonly caPath?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** A file that cannot be used. */
export class IdentityFault extends Error {
  override readonly name = 'IdentityFault';
  readonly file: keyof IdentityFiles;

  constructor(file: keyof IdentityFiles, message: string) {
    super(message);
    this.file = file;
  }
}

/** A bundle of every public authority has a quarter of it. */
const MAX_FILE_BYTES = 1024 ** 2;

const BEGIN = '-----BEGIN CERTIFICATE-----';
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** In the armour of PKCS#8, or in the header that older formats have below theirs (RFC 1421 §4.6.1.1). */
const ENCRYPTED_KEY = /^(?:-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: *4, *ENCRYPTED)/m;

/** @throws IdentityFault */
export async function readIdentity(files: IdentityFiles): Promise<TlsIdentity> {
  const { certFile, keyFile } = files;
  const authorities = await readAuthorities(files);
  if (certFile === undefined || keyFile === undefined) {
    return { authorities, own: undefined, expiresAt: undefined };
  }
  const chain = certificatesIn('certFile', certFile, await read('certFile', certFile));
  const key = await read('keyFile', keyFile);
  const [leaf = '', ...others] = chain;
  const parsed = new X509Certificate(leaf);
  const privateKey = privateKeyIn(keyFile, key);
  if (!parsed.checkPrivateKey(privateKey)) {
    if (others.some((other) => new X509Certificate(other).checkPrivateKey(privateKey))) {
      throw new IdentityFault(
        'certFile',
        `${certFile} has the certificate of ${keyFile} behind others: expected it first, and its chain behind it`,
      );
    }
    throw new IdentityFault('keyFile', `${keyFile} is not the key of the certificate in ${certFile}`);
  }
  // OpenSSL takes none that begins in the middle of a line, as where files without a last line break were joined.
  const certificate = `${chain.join('\n')}\n`;
  try {
    createSecureContext({ cert: certificate, key });
  } catch (error) {
    throw new IdentityFault('certFile', `${certFile} cannot be used for TLS: ${messageOf(error)}`);
  }
  return {
    authorities,
    own: { certificate, key },
    validFrom: Date.parse(parsed.validFrom),
    expiresAt: Date.parse(parsed.validTo),
  };
}

async function readAuthorities({ caFile, caPath }: IdentityFiles): Promise<readonly string[] | undefined> {
  if (caFile === undefined && caPath === undefined) return undefined;
  return [
    ...(caFile === undefined ? [] : certificatesIn('caFile', caFile, await read('caFile', caFile))),
    ...(caPath === undefined ? [] : await certificatesBelow(caPath)),
  ];
}

/** Each once: beside the files there may be links that name them by their hashes (openssl-rehash(1)). */
async function certificatesBelow(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error) => {
    const fault = codeOf(error) === 'ENOTDIR' ? 'a file, not a folder' : fileFault(error);
    throw new IdentityFault('caPath', `${folder} cannot be read: ${fault}`);
  });
  const found = new Set<string>();
  for (const path of names.map((name) => join(folder, name))) {
    // What links lead to counts, and they may lead nowhere.
    const isFile = await stat(path).then(
      (at) => at.isFile(),
      () => false,
    );
    if (!isFile) continue;
    const text = await read('caPath', path);
    if (!text.includes(BEGIN)) continue;
    for (const certificate of certificatesIn('caPath', path, text)) found.add(certificate);
  }
  if (found.size === 0)
    throw new IdentityFault('caPath', `${folder} has no certificate: expected files of PEM in it`);
  return [...found];
}

/** At least one. */
function certificatesIn(file: keyof IdentityFiles, path: string, text: string): readonly string[] {
  const found = text.match(CERTIFICATE);
  if (found === null) {
    throw new IdentityFault(file, `${path} has no certificate: expected PEM, with BEGIN CERTIFICATE`);
  }
  // As it is while the file is being written.
  if (found.length < text.split(BEGIN).length - 1) {
    throw new IdentityFault(file, `${path} has a certificate that breaks off before END CERTIFICATE`);
  }
  for (const pem of found) {
    try {
      new X509Certificate(pem);
    } catch (error) {
      throw new IdentityFault(file, `${path} has a certificate that cannot be read: ${messageOf(error)}`);
    }
  }
  return found;
}

function privateKeyIn(path: string, text: string): KeyObject {
  if (ENCRYPTED_KEY.test(text)) {
    throw new IdentityFault('keyFile', `${path} is encrypted: expected a key without a passphrase`);
  }
  try {
    return createPrivateKey(text);
  } catch {
    // What the library says may quote the file.
    throw new IdentityFault('keyFile', `${path} has no private key: expected PEM, with BEGIN PRIVATE KEY`);
  }
}

async function read(file: keyof IdentityFiles, path: string): Promise<string> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path);
    const buffer = Buffer.alloc(MAX_FILE_BYTES + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length, buffer.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    if (length <= MAX_FILE_BYTES) return buffer.toString('utf8', 0, length);
  } catch (error) {
    throw new IdentityFault(file, `${path} cannot be read: ${fileFault(error)}`);
  } finally {
    await handle?.close();
  }
  throw new IdentityFault(file, `${path} is larger than 1 MiB`);
}
