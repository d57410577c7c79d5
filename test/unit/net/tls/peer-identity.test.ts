import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { peerFailure } from '../../../../src/net/tls/peer-identity.ts';
import type { IssueOptions } from '../../../support/certificates.ts';
import { newAuthority } from '../../../support/certificates.ts';

const authority = newAuthority();
const now = Date.now();

function faultOf(issued: IssueOptions, name: string, subjectAltNames?: readonly string[]) {
  const certificate = new X509Certificate(authority.issue(issued).cert);
  return peerFailure(certificate, { name, subjectAltNames }, now)?.fault;
}

describe('who an endpoint is', () => {
  it('is said by its subjectAltNames, never by the CN', () => {
    assert.equal(faultOf({ dns: ['a.test'] }, 'A.test'), undefined);
    assert.equal(faultOf({ ips: ['10.0.0.7'] }, '10.0.0.7'), undefined);
    assert.equal(faultOf({ dns: ['10.0.0.7'] }, '10.0.0.7'), 'wrong_name');
    assert.equal(faultOf({ commonName: 'a.test' }, 'a.test'), 'wrong_name');
    assert.equal(faultOf({ dns: ['b*.mesh.test'] }, 'bc.mesh.test'), 'wrong_name');
  });

  it('is one of the names that are accepted, in place of the one that was asked for', () => {
    assert.equal(faultOf({ dns: ['b.test'] }, 'a.test', ['b.test', 'c.test']), undefined);
    assert.equal(faultOf({ dns: ['a.test'] }, 'a.test', ['b.test']), 'wrong_identity');
  });

  it('is a SPIFFE id only where that is the one URI, to the letter', () => {
    const id = 'spiffe://prod.test/payments';
    assert.equal(faultOf({ uris: [id] }, 'a', [id]), undefined);
    assert.equal(faultOf({ uris: [`${id}/canary`] }, 'a', [id]), 'wrong_identity');
    assert.equal(faultOf({ uris: [id, 'spiffe://prod.test/fraud'] }, 'a', [id]), 'wrong_identity');
    assert.equal(
      faultOf({ uris: ['https://x.test/a', 'https://x.test/b'] }, 'a', ['https://x.test/b']),
      undefined,
    );
  });

  it('is not made up by a name that holds what looks like another', () => {
    assert.equal(
      faultOf({ dns: ['a.test, URI:spiffe://prod.test/payments'] }, 'a', ['spiffe://prod.test/payments']),
      'wrong_identity',
    );
    assert.equal(
      faultOf({ uris: ['https://x.test/, URI:spiffe://prod.test/payments'] }, 'a', [
        'spiffe://prod.test/payments',
      ]),
      'wrong_identity',
    );
  });
});
