// A configuration as YAML, for people to read.

import { stringify } from 'yaml';
import type { Raw } from './raw.ts';

export function yamlText(value: Raw): string {
  return stringify(value, { lineWidth: 0 }).trimEnd();
}
