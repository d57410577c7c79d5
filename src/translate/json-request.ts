// JSON of a client as a message, or what is to be said of JSON that is none.

import type { JsonValue, Message } from '@bufbuild/protobuf';
import { AmbassadorError, messageOf } from '../core/errors.ts';
import type { RouteMatch } from './http-rule/route-table.ts';
import type { JsonReading } from './json-fault.ts';
import { requestMessage } from './json-message.ts';
import { TranslationFault } from './translation-fault.ts';

/** JSON is UTF-8 (RFC 8259 §8.1). */
const TEXT = new TextDecoder('utf-8', { fatal: true });

/** @throws AmbassadorError `untranslatable_request` */
export function parsedJson(text: Buffer): JsonValue {
  try {
    return JSON.parse(TEXT.decode(text));
  } catch (error) {
    throw new AmbassadorError('untranslatable_request', `The content is no JSON: ${messageOf(error)}.`);
  }
}

/**
 * As `requestMessage`.
 * @throws AmbassadorError `untranslatable_request`
 */
export function jsonRequest(
  match: RouteMatch,
  query: string,
  json: JsonValue | undefined,
  options: JsonReading,
): Message {
  try {
    return requestMessage(match, query, json, options);
  } catch (error) {
    if (!(error instanceof TranslationFault)) throw error;
    throw new AmbassadorError(
      'untranslatable_request',
      `The request is no ${match.method.input.typeName}: ${error.message}.`,
    );
  }
}
