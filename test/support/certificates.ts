// Real certificates, made on the spot: authorities, and what they issue. Source: RFC 5280 (the fields), X.690 (DER).

import type { KeyObject } from 'node:crypto';
import { createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';

export interface IssueOptions {
  readonly dns?: readonly string[];
  readonly ips?: readonly string[];
  readonly uris?: readonly string[];
  /** Default: the first name. */
  readonly commonName?: string;
  /** Default: an hour ago. */
  readonly from?: Date;
  /** Default: in a day. */
  readonly to?: Date;
  /** With a key that is too short for anybody. Default: false. */
  readonly weak?: boolean;
}

/** Texts are PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  readonly cert: string;
  issue(options: IssueOptions): Issued;
  /**
   * Another authority that this one vouches for.
   * @param permitted the only domain whose names it may vouch for. Default: all
   */
  authority(name: string, permitted?: string): Authority;
}

const HOUR_MS = 3_600_000;

/** One that vouches for itself. */
export function newAuthority(name = 'Test authority'): Authority {
  const keys = newKeys();
  return authorityOf(
    name,
    keys,
    certificate(name, keys, { name, key: keys.privateKey }, { isAuthority: true }),
  );
}

/** One that was made elsewhere, with its key. */
export function knownAuthority(cert: string, privateKey: KeyObject): Authority {
  const name = new X509Certificate(cert).subject.replace(/^CN=/, '');
  return authorityOf(name, { publicKey: createPublicKey(privateKey), privateKey }, cert);
}

/** Signed by itself, and no authority. */
export function selfSigned(options: IssueOptions): Issued {
  const keys = newKeys();
  const name = nameOf(options);
  return { cert: certificate(name, keys, { name, key: keys.privateKey }, options), key: pemOf(keys) };
}

interface Keys {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

function newKeys(weak = false): Keys {
  return weak
    ? generateKeyPairSync('rsa', { modulusLength: 1024 })
    : generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
}

function authorityOf(name: string, keys: Keys, cert: string): Authority {
  const issuer = { name, key: keys.privateKey };
  return {
    cert,
    issue: (options) => {
      const own = newKeys(options.weak);
      return { cert: certificate(nameOf(options), own, issuer, options), key: pemOf(own) };
    },
    authority: (below, permitted) => {
      const own = newKeys();
      return authorityOf(below, own, certificate(below, own, issuer, { isAuthority: true, permitted }));
    },
  };
}

function nameOf({ commonName, dns = [], ips = [], uris = [] }: IssueOptions): string {
  return commonName ?? dns[0] ?? ips[0] ?? uris[0] ?? 'nameless';
}

function pemOf({ privateKey }: Keys): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

const ECDSA_WITH_SHA256 = '2a8648ce3d040302';
const COMMON_NAME = '550403';
const BASIC_CONSTRAINTS = '551d13';
const SUBJECT_ALT_NAME = '551d11';
const NAME_CONSTRAINTS = '551d1e';

interface ExtensionOptions extends IssueOptions {
  readonly isAuthority?: boolean;
  readonly permitted?: string | undefined;
}

function certificate(
  subject: string,
  keys: Keys,
  issuer: { readonly name: string; readonly key: KeyObject },
  options: ExtensionOptions,
): string {
  const { from = new Date(Date.now() - HOUR_MS), to = new Date(Date.now() + 24 * HOUR_MS) } = options;
  const algorithm = sequence(oid(ECDSA_WITH_SHA256));
  const body = sequence(
    tagged(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    distinguishedName(issuer.name),
    sequence(time(from), time(to)),
    distinguishedName(subject),
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions(options))),
  );
  const signature = sign('sha256', body, issuer.key);
  const der = sequence(body, algorithm, tagged(0x03, Buffer.concat([Buffer.from([0]), signature])));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function extensions({
  isAuthority = false,
  dns = [],
  ips = [],
  uris = [],
  permitted,
}: ExtensionOptions): Buffer[] {
  const names = [
    ...dns.map((name) => tagged(0x82, Buffer.from(name, 'latin1'))),
    ...ips.map((ip) => tagged(0x87, Buffer.from(ip.split('.').map(Number)))),
    ...uris.map((uri) => tagged(0x86, Buffer.from(uri, 'latin1'))),
  ];
  return [
    ...(isAuthority ? [extension(BASIC_CONSTRAINTS, sequence(tagged(0x01, Buffer.from([0xff]))))] : []),
    ...(permitted === undefined
      ? []
      : [
          extension(
            NAME_CONSTRAINTS,
            sequence(tagged(0xa0, sequence(tagged(0x82, Buffer.from(permitted, 'latin1'))))),
          ),
        ]),
    ...(names.length > 0 ? [extension(SUBJECT_ALT_NAME, sequence(...names))] : []),
  ];
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), tagged(0x04, value));
}

function distinguishedName(name: string): Buffer {
  return sequence(tagged(0x31, sequence(oid(COMMON_NAME), tagged(0x0c, Buffer.from(name)))));
}

/** GeneralizedTime, which RFC 5280 asks for from 2050 on only, and every reader takes. */
function time(at: Date): Buffer {
  return tagged(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]|\.\d+Z$/g, '')}Z`));
}

function oid(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'));
}

function integer(value: Buffer): Buffer {
  return tagged(0x02, value);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts));
}

function tagged(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), value]);
}
