// Header changes of Consul's entries (`RequestHeaders`, `ResponseHeaders`; Consul 1.10) as rules of ours.

import { record, texts } from '../core/json-reading.ts';
import { whyProtected } from '../policy/rewriting/protected-fields.ts';
import type { HeaderRules } from '../policy/rewriting/request-rules.ts';
import type { NotDone } from './not-done.ts';

const FIELD_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const FIELD_VALUE = /^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/;

/** @returns undefined where they change nothing */
export function readHeaderChanges(value: unknown, where: string, notDone: NotDone): HeaderRules | undefined {
  const { Add, Set: set, Remove } = record(value);
  const dropped = new Set<string>();
  const appended: string[] = [];
  const isFree = (name: string): boolean => {
    if (FIELD_NAME.test(name) && whyProtected(name) === undefined) return true;
    notDone.add(`${where}: the header ${JSON.stringify(name)} is not changed, since it must not be`);
    return false;
  };
  for (const name of texts(Remove)) if (isFree(name)) dropped.add(name.toLowerCase());
  for (const [changes, replaces] of [
    [set, true],
    [Add, false],
  ] as const) {
    for (const [name, content] of Object.entries(record(changes))) {
      if (!isFree(name)) continue;
      if (typeof content !== 'string' || !FIELD_VALUE.test(content)) {
        notDone.add(`${where}: the value of the header ${name} is not one`);
      } else if (content.includes('%')) {
        notDone.add(`${where}: the header ${name} has one of Envoy's variables, which are not filled in`);
      } else {
        if (replaces) dropped.add(name.toLowerCase());
        appended.push(name, content);
      }
    }
  }
  return dropped.size === 0 && appended.length === 0 ? undefined : { dropped, appended };
}

/** One after the other. */
export function bothChanges(
  first: HeaderRules | undefined,
  second: HeaderRules | undefined,
): HeaderRules | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  const kept: string[] = [];
  for (let i = 0; i + 1 < first.appended.length; i += 2) {
    const name = first.appended[i] as string;
    if (!second.dropped.has(name.toLowerCase())) kept.push(name, first.appended[i + 1] as string);
  }
  return {
    dropped: new Set([...first.dropped, ...second.dropped]),
    appended: [...kept, ...second.appended],
  };
}
