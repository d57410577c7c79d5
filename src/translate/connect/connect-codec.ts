// How messages are written in the Connect protocol: as JSON, or as protobuf encodes them.
// Source: connectrpc.com/docs/protocol, "Message-Codec".

import type { DescMethod, Registry } from '@bufbuild/protobuf';
import { requestFrame } from '../described-method.ts';
import { frame } from '../grpc-frames.ts';
import { plainBinding } from '../http-rule/binding.ts';
import { jsonRequest } from '../json-request.ts';
import { responseText } from '../response-text.ts';

export type CodecName = 'json' | 'proto';

export interface Codec {
  readonly name: CodecName;
  /**
   * @returns the message behind its length, as gRPC has it
   * @throws AmbassadorError `untranslatable_request`, `message_too_large`
   */
  request(message: Buffer): Buffer;
  /** @throws AmbassadorError `untranslatable_response` */
  response(message: Buffer): Buffer;
}

export interface CodecOptions {
  readonly method: DescMethod;
  readonly registry: Registry;
  readonly ignoreUnknownFields: boolean;
  readonly maxMessage: number;
}

const CODECS: Readonly<Record<CodecName, (options: CodecOptions) => Codec>> = {
  proto: () => ({ name: 'proto', request: (message) => frame(message), response: (message) => message }),
  json: ({ method, registry, ignoreUnknownFields, maxMessage }) => {
    const binding = plainBinding(method);
    const match = { method, binding, variables: new Map<string, string>() };
    return {
      name: 'json',
      request: (text) => {
        // No content stands for a message without fields.
        const content = text.length === 0 ? undefined : text;
        const message = jsonRequest(match, '', content, { registry, ignoreUnknownFields });
        return requestFrame(method, message, maxMessage);
      },
      response: (message) => Buffer.from(responseText(binding, message, registry)),
    };
  },
};

export function codecOf(name: CodecName, options: CodecOptions): Codec {
  return CODECS[name](options);
}

export function isCodecName(text: string | undefined): text is CodecName {
  return text !== undefined && Object.hasOwn(CODECS, text);
}
