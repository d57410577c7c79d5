// An identity out of files, checked before it is used: half of a rotation must not come into force.

import type { KeyObject } from 'node:crypto';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { messageOf } from '../../core/errors.ts';
import { fileFault } from '../../core/file-fault.ts';
import type { TlsIdentity } from './identity.ts';

export interface IdentityFiles {
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
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

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** @throws IdentityFault */
export async function readIdentity({ caFile, certFile, keyFile }: IdentityFiles): Promise<TlsIdentity> {
  const authorities =
    caFile === undefined ? undefined : certificatesIn('caFile', caFile, await read('caFile', caFile));
  if (certFile === undefined || keyFile === undefined) {
    return { authorities, own: undefined, expiresAt: undefined };
  }
  const certificate = await read('certFile', certFile);
  const key = await read('keyFile', keyFile);
  const [leaf = '', ...others] = certificatesIn('certFile', certFile, certificate);
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
  try {
    createSecureContext({ cert: certificate, key });
  } catch (error) {
    throw new IdentityFault('certFile', `${certFile} cannot be used for TLS: ${messageOf(error)}`);
  }
  return { authorities, own: { certificate, key }, expiresAt: Date.parse(parsed.validTo) };
}

/** At least one. */
function certificatesIn(file: keyof IdentityFiles, path: string, text: string): readonly string[] {
  const found = text.match(CERTIFICATE);
  if (found === null) {
    throw new IdentityFault(file, `${path} has no certificate: expected PEM, with BEGIN CERTIFICATE`);
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
  if (/ENCRYPTED/.test(text)) {
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
