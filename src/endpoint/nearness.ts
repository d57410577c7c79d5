// How near an endpoint is, by what its node has in common with our own: the same zone, the same region. Pure.

import type { Endpoint } from './endpoint.ts';

/** A key of node metadata, and the value that our own node has. */
export type NodeMark = readonly [key: string, value: string];

/** The endpoints of one level of nearness, none of which is nearer. */
export interface NearPart {
  /** The nearest first: the endpoints of a level have the marks from that one on. */
  readonly marks: readonly NodeMark[];
  /** From 0, which is the nearest; as many as there are marks for those that do not even have the last. */
  readonly level: number;
  /** One text for one part. */
  readonly key: string;
  /** For people, such as `zone a` or `elsewhere`. */
  readonly text: string;
}

/** Every level, the nearest first. @param marks at least one, the nearest first */
export function nearParts(marks: readonly NodeMark[]): readonly NearPart[] {
  const inWords = [...marks.map(([key, value]) => `${key} ${value}`), 'elsewhere'];
  return inWords.map((text, level) => ({ marks, level, key: JSON.stringify([level, marks]), text }));
}

/** True for any endpoint where no part is asked for. */
export function isNear({ nodeMeta }: Pick<Endpoint, 'nodeMeta'>, part: NearPart | undefined): boolean {
  if (part === undefined) return true;
  const { marks, level } = part;
  let reached = marks.length;
  while (reached > 0) {
    const [key, value] = marks[reached - 1] as NodeMark;
    if (nodeMeta?.[key] !== value) break;
    reached--;
  }
  return reached === level;
}

/** Such as `payments (zone a)`. @param name of what it is a part of */
export function nearName(name: string, { text }: NearPart): string {
  return `${name} (${text})`;
}
