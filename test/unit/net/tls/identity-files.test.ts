import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readIdentity } from '../../../../src/net/tls/identity-files.ts';
import { newAuthority } from '../../../support/certificates.ts';

function files(cert: string, key: string) {
  const folder = mkdtempSync(join(tmpdir(), 'consul-ambassador-test-'));
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
