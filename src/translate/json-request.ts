// JSON of a client as a message, or what is to be said of JSON that is none.

import type { Message } from '@bufbuild/protobuf';
import { AmbassadorError } from '../core/errors.ts';
import type { RouteMatch } from './http-rule/route-table.ts';
import type { JsonReading } from './json-fault.ts';
import { requestMessage } from './json-message.ts';
import { requestJson } from './json-text.ts';
import { TranslationFault } from './translation-fault.ts';

/** JSON is UTF-8 (RFC 8259 §8.1). */
const TEXT = new TextDecoder('utf-8', { fatal: true });

/**
 * The message of a request.
 * @param query without its question mark; empty where there is none
 * @param content undefined where there is none
 * @throws AmbassadorError `untranslatable_request`
 */
export function jsonRequest(
  match: RouteMatch,
  query: string,
  content: Buffer | undefined,
  options: JsonReading,
): Message {
  const text = content && decoded(content);
  try {
    const json = text === undefined ? undefined : requestJson(text, match.binding, options.registry);
    return requestMessage(match, query, json, options);
  } catch (error) {
    if (!(error instanceof TranslationFault)) throw error;
    throw new AmbassadorError(
      'untranslatable_request',
      `The request is not a valid ${match.method.input.typeName}: ${error.message}.`,
    );
  }
}

function decoded(content: Buffer): string {
  try {
    return TEXT.decode(content);
  } catch {
    throw new AmbassadorError('untranslatable_request', 'The content is not JSON: it is not UTF-8.');
  }
}
