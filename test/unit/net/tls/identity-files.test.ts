import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readIdentity } from '../../../../src/net/tls/identity-files.ts';
import { newAuthority } from '../../../support/certificates.ts';

const newFolder = () => mkdtempSync(join(tmpdir(), 'consul-ambassador-test-'));

function files(cert: string, key: string) {
  const folder = newFolder();
  const certFile = join(folder, 'tls.crt');
  const keyFile = join(folder, 'tls.key');
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
  return { caFile: undefined, certFile, keyFile };
}

test('a certificate stands before its chain, and is said to stand behind it where it does', async () => {
  const below = newAuthority().authority('Below');
  const { cert, key } = below.issue({ dns: ['a.test'] });
  const { own } = await readIdentity(files(`${cert}${below.cert}`, key));
  assert.equal(own?.key, key);
  await assert.rejects(readIdentity(files(`${below.cert}${cert}`, key)), {
    file: 'certFile',
    message: /behind others: expected it first, and its chain behind it$/,
  });
  const other = newAuthority().issue({ dns: ['b.test'] });
  await assert.rejects(readIdentity(files(`${cert}${below.cert}`, other.key)), {
    file: 'keyFile',
    message: /is not the key of the certificate/,
  });
});

test('certificates are taken as tools write them, and none that breaks off', async () => {
  const root = newAuthority('Root');
  const below = root.authority('Below');
  const { cert, key } = below.issue({ dns: ['a.test'] });
  const bag = (text: string) => `Bag Attributes\n    friendlyName: ENCRYPTED backup\n${text}`;
  for (const [name, certText, keyText] of [
    ['joined without a line break', `${cert.trimEnd()}${below.cert.trimEnd()}`, key],
    ['with a byte order mark', `\uFEFF${cert}${below.cert}`, key],
    ['with the line breaks of Windows', `${cert}${below.cert}`.replaceAll('\n', '\r\n'), key],
    ['with text around them', `${bag(cert)}# its authority\n${below.cert}`, bag(key)],
    ['with the key in the same file', `${key}${cert}${below.cert}`, `${key}${cert}`],
  ] as const) {
    const { own } = await readIdentity(files(certText, keyText));
    const chain = own?.certificate.match(/BEGIN CERTIFICATE/g);
    assert.equal(chain?.length, 2, name);
  }
  const half = below.cert.slice(0, 200);
  await assert.rejects(readIdentity(files(`${cert}${half}`, key)), {
    file: 'certFile',
    message: /breaks off before END CERTIFICATE$/,
  });
  const caFile = join(newFolder(), 'ca.pem');
  for (const text of [`${root.cert}${half}`, `${half}${root.cert}`]) {
    writeFileSync(caFile, text);
    await assert.rejects(readIdentity({ caFile }), { file: 'caFile', message: /breaks off/ });
  }
});

test('authorities are those of each file of a folder, once, whatever else lies in it', async () => {
  const caPath = newFolder();
  await assert.rejects(readIdentity({ caPath }), { file: 'caPath', message: /has no certificate/ });
  const [one, other] = [newAuthority('One').cert, newAuthority('Other').cert];
  writeFileSync(join(caPath, 'one.pem'), one);
  writeFileSync(join(caPath, 'README'), 'Ours');
  symlinkSync('one.pem', join(caPath, '0a1b2c3d.0'));
  symlinkSync('gone.pem', join(caPath, '4e5f6a7b.0'));
  // As Kubernetes mounts a folder.
  symlinkSync('..2026', join(caPath, '..data'));
  mkdirSync(join(caPath, '..2026'));
  const { authorities } = await readIdentity({ caPath });
  assert.deepEqual(authorities, [one.trimEnd()]);
  writeFileSync(join(caPath, 'other.pem'), other);
  assert.equal((await readIdentity({ caPath })).authorities?.length, 2);
  await assert.rejects(readIdentity({ caPath: join(caPath, 'one.pem') }), {
    message: /a file, not a folder$/,
  });
  await assert.rejects(readIdentity({ caPath: join(caPath, 'none') }), { message: /there is no such file$/ });
});
