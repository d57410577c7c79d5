// The content of a request in JSON, as messages of gRPC: one document, or a line for each message.

import type { Registry } from '@bufbuild/protobuf';
import { AmbassadorError } from '../../core/errors.ts';
import type { Body, StreamFault } from '../../http/body.ts';
import type { Exchange } from '../../http/exchange.ts';
import { fieldValue } from '../../http/fields.ts';
import type { Fields } from '../../http/message.ts';
import type { Coding } from '../content-coding.ts';
import { codingNamed, decodedContent } from '../content-coding.ts';
import { requestFrame, streamsRequests } from '../described-method.ts';
import type { RouteMatch } from '../http-rule/route-table.ts';
import { jsonRequest } from '../json-request.ts';
import { LineReader, LineTooLong } from '../message-lines.ts';
import { readWhole, wholeBody } from '../request-content.ts';
import { TranslatedBody } from '../translated-body.ts';

export interface JsonContentOptions {
  /** Without its question mark. */
  readonly query: string;
  readonly registry: Registry;
  readonly ignoreUnknownFields: boolean;
  readonly maxMessage: number;
}

const JSON_TYPE = /^(?:application|text)\/(?:(?:[\w.+-]+\+)?json|x-ndjson|ndjson|jsonl)\s*(?:;|$)/i;

/** @throws AmbassadorError `untranslatable_request`, `message_too_large` */
export async function jsonContent(
  client: Exchange,
  match: RouteMatch,
  options: JsonContentOptions,
): Promise<Body> {
  const { body, head } = client;
  const { maxMessage } = options;
  const coding = body === undefined || body.length === 0 ? 'identity' : codingOf(head.fields);
  if (!streamsRequests(match.method)) {
    const content = decodedContent(await readWhole(client, maxMessage), coding, maxMessage);
    return wholeBody(framed(content.length === 0 ? undefined : content, match, options));
  }
  if (coding !== 'identity')
    throw unfit('The content is compressed; expected a stream of messages as they are');
  if (body === undefined || body.whole !== undefined) {
    return wholeBody(lines(await readWhole(client, maxMessage), match, options));
  }
  return new TranslatedBody(body, new LinesOfJson(match, options), faultOf);
}

/** @throws AmbassadorError for content in another form */
function codingOf(fields: Fields): Coding {
  const name = fieldValue(fields, 'content-encoding');
  const coding = codingNamed(name);
  if (coding === undefined) throw unfit(`The content is encoded with ${name}; expected gzip or nothing`);
  const type = fieldValue(fields, 'content-type');
  // curl -d says of everything that it was a form.
  if (type === undefined || JSON_TYPE.test(type) || type === 'application/x-www-form-urlencoded')
    return coding;
  throw unfit(`The content is ${type}; expected application/json`);
}

function lines(content: Buffer, match: RouteMatch, options: JsonContentOptions): Buffer {
  const translator = new LinesOfJson(match, options);
  return Buffer.concat([translator.push(content), translator.end()]);
}

function framed(content: Buffer | undefined, match: RouteMatch, options: JsonContentOptions): Buffer {
  return requestFrame(match.method, jsonRequest(match, options.query, content, options), options.maxMessage);
}

function unfit(detail: string): AmbassadorError {
  return new AmbassadorError('untranslatable_request', `${detail}.`);
}

class LinesOfJson {
  readonly #reader: LineReader;
  #frames: Buffer[] = [];
  #line = 0;

  constructor(match: RouteMatch, options: JsonContentOptions) {
    this.#reader = new LineReader(options.maxMessage, (line) => {
      this.#line++;
      this.#frames.push(framed(line, match, options));
    });
  }

  push(chunk: Buffer): Buffer {
    return this.#taken(() => this.#reader.push(chunk));
  }

  end(): Buffer {
    return this.#taken(() => this.#reader.end());
  }

  /** Where in the stream the fault is helps to find it. */
  #taken(read: () => void): Buffer {
    try {
      read();
    } catch (error) {
      if (!(error instanceof AmbassadorError) || error.reason !== 'untranslatable_request') throw error;
      throw new AmbassadorError(error.reason, `Message ${this.#line}: ${error.message}`);
    }
    const frames = this.#frames;
    this.#frames = [];
    return frames.length === 1 && frames[0] !== undefined ? frames[0] : Buffer.concat(frames);
  }
}

function faultOf(error: unknown): StreamFault {
  if (error instanceof LineTooLong) return { reason: 'message_too_large', detail: error.message };
  const { reason, message } = AmbassadorError.from(error);
  return { reason, detail: message.replace(/\.$/, '') };
}
