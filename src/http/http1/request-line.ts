// The head of a request as it is read from a client, to the letter: what one server reads in one way and another in
// another is how requests are smuggled past a proxy, so that nothing is forgiven here.
// Source: RFC 9112 §3 (request line), §5 (fields), §6 (body), RFC 9110 §7.2 (Host), §7.8 (Upgrade), §10.1.1 (Expect).

import { AmbassadorError } from '../../core/errors.ts';
import { isAuthority } from '../authority.ts';
import type { HttpVersion, RequestHead } from '../message.ts';
import { parseFieldLines } from './field-lines.ts';
import type { BodyFraming } from './grammar.ts';
import {
  CARRIAGE_RETURN,
  CONTENT_LENGTH,
  HEAD_LINES,
  hasBareCarriageReturn,
  hasBareLineFeed,
  joined,
  listHas,
  quoted,
} from './grammar.ts';

export interface ParsedRequest extends RequestHead {
  readonly framing: Exclude<BodyFraming, 'close'>;
  /** Bytes of body when its framing is `length`. */
  readonly length: number;
  /** Whether the client wants to use the connection again (RFC 9112 §9.3). */
  readonly persistent: boolean;
}

/** A later minor version is spoken to as 1.1 (RFC 9110 §2.5). */
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.([0-9])$/;

const ABSOLUTE_FORM = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i;

/**
 * @param text the head, decoded as latin1, with the end of its last line and without the empty line
 * @param scheme of the connection that it came over. Default `http`
 * @throws AmbassadorError `bad_request` or `not_implemented`, ProtocolFault: where the message ends is in doubt, so that
 *   the connection must be closed
 */
export function parseRequest(text: string, scheme: RequestHead['scheme'] = 'http'): ParsedRequest {
  if (!HEAD_LINES.test(text)) throw bad('The head of the request has characters that no head may have.');
  const lineEnd = text.indexOf('\r\n');
  const line = text.slice(0, lineEnd);
  const [, method, target, minor] = REQUEST_LINE.exec(line) ?? [];
  if (method === undefined || target === undefined) {
    throw bad(`${quoted(line)} is not an HTTP/1.1 request line.`);
  }
  if (target.includes('#')) throw bad('A request target has no fragment.');
  const seen = new RequestFields();
  const fields = parseFieldLines(text, lineEnd + 2, 'refused', seen);
  const version: HttpVersion = minor === '0' ? '1.0' : '1.1';
  const authority = authorityOf(method, target, version, seen);
  const chunked = seen.isChunked(version);
  const length = seen.length ?? 0;
  const framing = chunked ? 'chunked' : length === 0 ? 'none' : 'length';
  return {
    method,
    scheme,
    authority,
    target,
    version,
    fields,
    upgrade: framing === 'none' && version === '1.1' ? seen.wantedProtocol() : undefined,
    expectation: version === '1.1' ? seen.expect?.toLowerCase() : undefined,
    framing,
    length,
    persistent:
      version === '1.1' ? !listHas(seen.connection, 'close') : listHas(seen.connection, 'keep-alive'),
  };
}

/**
 * What makes it impossible that these bytes become a head, so that the request is refused without waiting for the rest;
 * undefined while they may.
 * @param start where the head begins
 */
export function faultOfPartialHead(unread: Buffer, start: number): string | undefined {
  if (hasBareLineFeed(unread, start, unread.length)) {
    return 'A line of the head of the request ends without a carriage return.';
  }
  if (hasBareCarriageReturn(unread, start)) {
    return 'The head of the request has a carriage return within a line.';
  }
  const first = unread[start];
  const mayBegin = first === undefined || (first > 0x20 && first < 0x7f) || first === CARRIAGE_RETURN;
  return mayBegin ? undefined : 'What arrived is not HTTP/1.1.';
}

/** RFC 9112 §3.2: one Host that can be one, unless HTTP/1.0 left it out; §3.2.2: an absolute target governs it. */
function authorityOf(
  method: string,
  target: string,
  version: HttpVersion,
  { host, hosts }: RequestFields,
): string | undefined {
  if (hosts > 1) throw bad('The request has more than one Host field.');
  if (hosts === 0 && version !== '1.0') throw bad('An HTTP/1.1 request needs a Host field.');
  if (host !== undefined && !isAuthority(host))
    throw bad(`The Host of the request is ${quoted(host)}, which is not a host.`);
  if (method === 'CONNECT') return target;
  return target.startsWith('/') ? host : (ABSOLUTE_FORM.exec(target)?.[2] ?? host);
}

/** The fields that say where the message ends and what becomes of the connection. */
class RequestFields {
  length: number | undefined;
  connection: string | undefined;
  expect: string | undefined;
  host: string | undefined;
  hosts = 0;
  #codings: string | undefined;
  #upgrade: string | undefined;

  /** Most names differ from all of these in their length already. */
  see(name: string, value: string): void {
    switch (name.length) {
      case 4:
        if (name.toLowerCase() !== 'host') return;
        this.hosts++;
        this.host = value;
        return;
      case 6:
        if (name.toLowerCase() === 'expect') this.expect = joined(this.expect, value);
        return;
      case 7:
        if (name.toLowerCase() === 'upgrade') this.#upgrade = joined(this.#upgrade, value);
        return;
      case 10:
        if (name.toLowerCase() === 'connection') this.connection = joined(this.connection, value);
        return;
      case 14:
        if (name.toLowerCase() === 'content-length') this.#seeLength(value);
        return;
      case 17:
        if (name.toLowerCase() === 'transfer-encoding') this.#codings = joined(this.#codings, value);
        return;
    }
  }

  #seeLength(value: string): void {
    if (this.length !== undefined) throw bad('The request has more than one Content-Length field.');
    if (!CONTENT_LENGTH.test(value)) throw bad(`The Content-Length of the request is ${quoted(value)}.`);
    this.length = Number(value);
  }

  /** RFC 9112 §6.1, §6.3: the one coding whose end can be determined is chunked, last and alone. */
  isChunked(version: HttpVersion): boolean {
    if (this.#codings === undefined) return false;
    if (version === '1.0') throw bad('An HTTP/1.0 request cannot have a Transfer-Encoding.');
    if (this.length !== undefined) {
      throw bad('The request has both a Content-Length and a Transfer-Encoding.');
    }
    const codings = this.#codings
      .split(',')
      .map((coding) => coding.replace(/^[ \t]+|[ \t]+$/g, '').toLowerCase());
    if (codings.length === 1 && codings[0] === 'chunked') return true;
    const isWellFormed = codings.at(-1) === 'chunked' && codings.indexOf('chunked') === codings.length - 1;
    if (isWellFormed && codings.every((coding) => TRANSFER_CODING.test(coding))) {
      throw new AmbassadorError(
        'not_implemented',
        `The Transfer-Encoding of the request is ${quoted(this.#codings)}; the only coding read here is chunked.`,
      );
    }
    throw bad(
      `The Transfer-Encoding of the request is ${quoted(this.#codings)}, which leaves in doubt where it ends.`,
    );
  }

  /**
   * The protocol that the client asks for. An offer of `h2c` may be ignored (RFC 9113 §3.1 has withdrawn it), and is
   * made by clients that mean an ordinary request.
   */
  wantedProtocol(): string | undefined {
    const upgrade = this.#upgrade;
    if (upgrade === undefined || upgrade === '' || !listHas(this.connection, 'upgrade')) return undefined;
    return /\bh2c?\b/i.test(upgrade) ? undefined : upgrade;
  }
}

const TRANSFER_CODING = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

function bad(detail: string): AmbassadorError {
  return new AmbassadorError('bad_request', detail);
}
