import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourcesForSuite } from '../../../src/demo/debian-sources.ts';

const rewrite = (name: string, text: string): string =>
  sourcesForSuite([{ name, text }], 'bookworm', 'bullseye')
    .map((file) => file.text)
    .join('\n');

test("Debian's own stanzas keep their mirror and key and change their suites", () => {
  const text = [
    'Types: deb deb-src',
    '# a snapshot',
    'URIs: http://deb.debian.org/debian',
    'Suites: bookworm bookworm-updates bookworm-backports',
    'Components: main contrib',
    'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
    '',
    'Types: deb',
    'URIs: http://deb.debian.org/debian-security',
    'Suites: bookworm-security',
    'Components: main',
    'Signed-By:',
    ' -----BEGIN PGP PUBLIC KEY BLOCK-----',
    ' .',
    ' mDMEX',
    '',
  ].join('\n');
  assert.equal(
    rewrite('debian.sources', text),
    [
      'Types: deb',
      'URIs: http://deb.debian.org/debian',
      'Suites: bullseye bullseye-updates',
      'Components: main contrib',
      'Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg',
      '',
      'Types: deb',
      'URIs: http://deb.debian.org/debian-security',
      'Suites: bullseye-security',
      'Components: main',
      'Signed-By:',
      ' -----BEGIN PGP PUBLIC KEY BLOCK-----',
      ' .',
      ' mDMEX',
      '',
    ].join('\n'),
  );
});

test('lines of the older format keep their options', () => {
  const text = [
    '# deb http://deb.debian.org/debian bookworm main',
    'deb http://deb.debian.org/debian bookworm main',
    'deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian-security/ bookworm-security main contrib',
    'deb-src http://deb.debian.org/debian bookworm main',
  ].join('\n');
  assert.equal(
    rewrite('sources.list', text),
    'deb http://deb.debian.org/debian bullseye main\n' +
      'deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian-security/ bullseye-security main contrib\n',
  );
});

for (const [kind, uri, suite, components] of [
  ["another project's repository", 'https://packages.example/apt', 'bookworm', 'main'],
  [
    "another project's repository below a folder named debian",
    'https://x.example/debian',
    'bookworm',
    'stable',
  ],
  ['backports', 'http://deb.debian.org/debian', 'bookworm-backports', 'main'],
  ["another release's suite", 'http://deb.debian.org/debian', 'sid', 'main'],
] as const) {
  test(`${kind} is left out`, () => {
    assert.equal(rewrite('x.list', `deb ${uri} ${suite} ${components}\n`), '');
    const stanza = `Types: deb\nURIs: ${uri}\nSuites: ${suite}\nComponents: ${components}\n`;
    assert.equal(rewrite('x.sources', stanza), '');
  });
}

test('a disabled stanza is left out', () => {
  const stanza =
    'Enabled: no\nTypes: deb\nURIs: http://deb.debian.org/debian\nSuites: bookworm\nComponents: main\n';
  assert.equal(rewrite('x.sources', stanza), '');
});
