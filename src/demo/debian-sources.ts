// Rewrites a Debian machine's own package sources to name another suite, keeping mirror and signing key.

interface SourceFile {
  readonly name: string;
  readonly text: string;
}

/**
 * The entries for Debian itself, with its suite changed, as files for a `sources.list.d` folder. Entries of
 * other repositories, disabled ones, and those of other suites (backports) are left out. Format: sources.list(5).
 */
export function sourcesForSuite(
  files: readonly SourceFile[],
  codename: string,
  suite: string,
): readonly SourceFile[] {
  return files.flatMap((file) => {
    const rewrite = file.name.endsWith('.sources') ? rewriteStanzas : rewriteLines;
    const text = rewrite(file.text, codename, suite);
    return text === '' ? [] : [{ name: file.name, text }];
  });
}

function rewriteStanzas(text: string, codename: string, suite: string): string {
  const withoutComments = text.replaceAll(/^#.*\n?/gm, '');
  return withoutComments
    .split(/\n\s*\n/)
    .flatMap((stanza) => {
      const field = (name: string): string =>
        new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(stanza)?.[1]?.trim() ?? '';
      const suites = changeSuites(field('Suites').split(/\s+/), codename, suite);
      const wanted =
        suites.length > 0 &&
        field('Types').split(/\s+/).includes('deb') &&
        field('Enabled').toLowerCase() !== 'no' &&
        field('Components').split(/\s+/).includes('main') &&
        field('URIs').split(/\s+/).some(isDebianArchive);
      if (!wanted) return [];
      return [
        `${stanza
          .trim()
          .replace(/^Suites:.*$/im, `Suites: ${suites.join(' ')}`)
          .replace(/^Types:.*$/im, 'Types: deb')}\n`,
      ];
    })
    .join('\n');
}

function rewriteLines(text: string, codename: string, suite: string): string {
  return text
    .split('\n')
    .flatMap((line) => {
      const parts = /^\s*deb\s+(?:(\[[^\]]*\])\s+)?(\S+)\s+(\S+)\s+(.*)$/.exec(line);
      const [, options, uri = '', named = '', components = ''] = parts ?? [];
      const [changed] = changeSuites([named], codename, suite);
      if (changed === undefined || !isDebianArchive(uri) || !components.split(/\s+/).includes('main'))
        return [];
      return [
        `${['deb', options, uri, changed, components].filter((part) => part !== undefined).join(' ')}\n`,
      ];
    })
    .join('');
}

function changeSuites(named: readonly string[], codename: string, suite: string): readonly string[] {
  return ['', '-updates', '-security'].flatMap((suffix) =>
    named.includes(codename + suffix) ? [suite + suffix] : [],
  );
}

function isDebianArchive(uri: string): boolean {
  return /\/debian(-security)?(\/|$)/.test(uri);
}
