// A message of a response as JSON, or what is to be said of one that has none.

import type { Registry } from '@bufbuild/protobuf';
import { AmbassadorError } from '../core/errors.ts';
import { responseMessage } from './described-method.ts';
import type { Binding } from './http-rule/binding.ts';
import { responseJson } from './json-message.ts';
import { TranslationFault } from './translation-fault.ts';

/** @throws AmbassadorError `untranslatable_response` */
export function responseText(binding: Binding, encoded: Buffer, registry: Registry): string {
  const message = responseMessage(binding.method, encoded);
  try {
    return responseJson(binding, message, registry);
  } catch (error) {
    if (!(error instanceof TranslationFault)) throw error;
    throw new AmbassadorError(
      'untranslatable_response',
      `The ${binding.method.output.typeName} of the endpoint has no JSON: ${error.message}.`,
      { cause: error },
    );
  }
}
