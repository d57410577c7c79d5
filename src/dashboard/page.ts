// The one HTML document of the dashboard, and the policy that keeps everything else out of it.

import { createHash } from 'node:crypto';
import type { Asset } from './asset.ts';
import { assetOf } from './asset.ts';
import { importMap } from './library-files.ts';
import { readTemplate, SCRIPT_EXTENSION } from './page-files.ts';

export const BASE = '/dashboard/';

export interface Page extends Asset {
  readonly headers: Readonly<Record<string, string>>;
}

export async function buildPage(): Promise<Page> {
  const imports = importMap(BASE);
  const template = await readTemplate();
  const html = template
    .replace('<!-- import map -->', () => `<script type="importmap">${imports}</script>`)
    .replaceAll('{{script}}', SCRIPT_EXTENSION);
  return { ...assetOf(html, 'text/html; charset=utf-8'), headers: headersFor(imports) };
}

/** Nothing from elsewhere, nothing inline but the import map, and no frame around it. */
function headersFor(inlineScript: string): Readonly<Record<string, string>> {
  const hash = createHash('sha256').update(inlineScript).digest('base64');
  const policy = {
    'default-src': "'none'",
    'script-src': `'self' 'sha256-${hash}'`,
    'style-src': "'self'",
    'img-src': "'self' data:",
    'connect-src': "'self'",
    'base-uri': "'none'",
    'form-action': "'none'",
    'frame-ancestors': "'none'",
  };
  return {
    'content-security-policy': Object.entries(policy)
      .map(([directive, value]) => `${directive} ${value}`)
      .join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
  };
}
