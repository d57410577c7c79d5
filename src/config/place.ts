// Where a setting stands in a file that has no mistakes, for what is found wrong outside of it.

import type { ConfigProblem } from '../core/config-events.ts';
import { environmentLayer } from './environment-layer.ts';
import { locate } from './locate.ts';
import type { ConfigText } from './parse.ts';
import type { Path } from './raw.ts';
import type { Environment } from './substitution.ts';
import { parseYaml } from './yaml-document.ts';

export interface Remark {
  readonly path: Path;
  readonly message: string;
}

export function placeRemarks(
  { file, text }: ConfigText,
  environment: Environment,
  remarks: readonly Remark[],
): readonly ConfigProblem[] {
  const document = parseYaml(file, text.replace(/^\uFEFF/, ''), environment);
  const layer = environmentLayer(environment, document.root);
  return remarks.flatMap(
    (remark) => locate({ ...remark, aboutKey: false, aboutFit: false }, document, layer) ?? [],
  );
}
