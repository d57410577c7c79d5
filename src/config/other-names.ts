// Names of other tools for settings of this one, by the section in which they were written.

type Names = readonly (readonly [names: string, hint: string])[];

const FILES: Names = [
  ['ca cacert cacertfile cacertificate rootca trustedca', 'did you mean caFile?'],
  ['cert certificate certfilepath clientcert', 'did you mean certFile?'],
  ['key keypath privatekey clientkey', 'did you mean keyFile?'],
];

/** In small letters without dashes and underscores. */
const BY_SECTION: Readonly<Record<string, Names>> = {
  tls: [
    ...FILES,
    ['sni host hostname', 'did you mean serverName?'],
    ['spiffeid spiffeids sans subjectaltname peernames', 'did you mean subjectAltNames?'],
    ['insecure insecureskipverify skipverify', 'did you mean verify: false?'],
    ['rejectunauthorized', 'did you mean verify?'],
  ],
  listenTls: [...FILES.slice(1), ['ca cacert clientca cafile', 'did you mean clientCaFile?']],
  discover: [
    [
      'static address addresses host hosts port nodes servers targets url urls list',
      'did you mean endpoints: [HOST:PORT]?',
    ],
    ['service tags tag datacenter query', 'did you mean consul: { … }?'],
  ],
  split: [
    ['to name target', 'did you mean service?'],
    ['percent percentage share', 'did you mean weight?'],
  ],
  failover: [
    ['datacenters', 'did you mean to: [{ datacenter: … }]?'],
    ['service services targets', 'did you mean to: [{ service: … }]?'],
    ['peer peers', 'did you mean to: [{ peer: … }]?'],
    ['locality localities near zone zones region nodemeta', 'did you mean nearest: [zone, region]?'],
  ],
  shadow: [
    ['service target name', 'did you mean to?'],
    ['percent percentage weight ratio', 'did you mean share, from 0 to 1?'],
  ],
};

const FIELDS_HINT = 'header fields stand under set or add, such as request: { set: { x-team: shop } }';

/** What to say of a key in a map. @param section the key of that map, or of the list that it stands in */
export function hintOfSection(
  section: string | undefined,
  parent: string | undefined,
  key: string,
): string | undefined {
  if (section === 'headers' || (parent === 'headers' && (section === 'request' || section === 'response')))
    return key.toLowerCase().startsWith('x-') ? FIELDS_HINT : undefined;
  const plain = key.toLowerCase().replaceAll(/[-_]/g, '');
  const names = section !== undefined && Object.hasOwn(BY_SECTION, section) ? BY_SECTION[section] : undefined;
  return names?.find(([written]) => written.split(' ').includes(plain))?.[1];
}
