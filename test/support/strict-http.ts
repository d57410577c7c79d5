// HTTP/1.1 messages read back from bytes, as strictly as RFC 9112 allows: the judge of what a proxy has written. It
// shares nothing with the code under test, reads whole buffers, and prefers being plainly right to being quick.

export type Field = readonly [name: string, value: string];

export interface Message {
  readonly startLine: string;
  readonly fields: readonly Field[];
  /** The content with its framing taken off, a character for each byte. */
  readonly body: string;
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
  readonly trailers: readonly Field[];
}

export interface RequestMessage extends Message {
  readonly method: string;
  readonly target: string;
  readonly version: string;
}

export interface ResponseMessage extends Message {
  readonly version: string;
  readonly status: number;
  /** The interim responses that came before it. */
  readonly interim: readonly ResponseMessage[];
}

/** The bytes are no well-formed message, whatever may follow. */
export class StrictFault extends Error {}

/** A message read from the front of the bytes, or how many bytes it takes at least to know more. */
export type Parsed<M> =
  | { readonly message: M; readonly length: number }
  | { readonly needed: number; readonly message?: undefined };

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.1$/;
const CLIENT_REQUEST_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([\x21-\x7e\x80-\xff]+) HTTP\/(1\.\d)$/;
const STATUS_LINE = /^HTTP\/(1\.[01]) ([1-9]\d\d) ([\t\x20-\x7e\x80-\xff]*)$/;
/** With the bad whitespace that a recipient has to bear (RFC 9112 §7.1.1). */
const CHUNK_LINE = /^([0-9A-Fa-f]{1,13})([ \t]*;[\t\x20-\x7e\x80-\xff]*)?$/;
const LONGEST_HEAD = 256 * 1024;

/** Values of a field, in order; names without regard to case. */
export function valuesOf(fields: readonly Field[], name: string): readonly string[] {
  return fields.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
}

export function fieldOf(message: Message, name: string): string | undefined {
  return valuesOf(message.fields, name)[0];
}

/** @throws StrictFault */
export function parseRequest(bytes: string): Parsed<RequestMessage> {
  return parseAnyRequest(bytes, REQUEST_LINE);
}

/**
 * A request as a server may take it: of HTTP/1.0 too, and behind empty lines (RFC 9112 §2.2, §2.3).
 * @throws StrictFault
 */
export function parseClientRequest(bytes: string): Parsed<RequestMessage> {
  const start = /^(?:\r\n)*/.exec(bytes)?.[0].length ?? 0;
  const parsed = parseAnyRequest(bytes.slice(start), CLIENT_REQUEST_LINE);
  return parsed.message === undefined
    ? { needed: start + parsed.needed }
    : { message: parsed.message, length: start + parsed.length };
}

/** RFC 3986 §3.2.2 and §3.2.3; RFC 9112 §3.2: anything else is 400. */
const HOST = /^(?:\[[\dA-Fa-f:.]+\]|(?:[\w.~!$&'()*+,;=-]|%)*)(?::\d{0,5})?$/;

function parseAnyRequest(bytes: string, requestLine: RegExp): Parsed<RequestMessage> {
  const head = parseHead(bytes);
  if (head === undefined) return { needed: bytes.length + 1 };
  const [, method = '', target = '', sent = '1.1'] = requestLine.exec(head.startLine) ?? [];
  // RFC 9110 §2.5: a higher minor version is the highest that is known.
  const version = sent === '1.0' ? sent : '1.1';
  if (method === '') throw new StrictFault(`no request line: ${JSON.stringify(head.startLine)}`);
  const hosts = valuesOf(head.fields, 'host');
  if (hosts.length > 1 || (hosts.length === 0 && version === '1.1'))
    throw new StrictFault('not exactly one Host');
  if (!hosts.every((host) => HOST.test(host))) throw new StrictFault('a Host that is no host');
  const length = lengthOf(head.fields);
  const chunked = isChunked(head.fields);
  if (chunked && version === '1.0') throw new StrictFault('chunks in HTTP/1.0');
  const whole = chunked
    ? parseChunks(bytes, head.end, length)
    : parseCounted(bytes, head.end, length ?? 0, length === undefined ? 'none' : 'length');
  if (whole.message === undefined) return whole;
  return { message: { ...head, ...whole.message, method, target, version }, length: whole.length };
}

/**
 * @param closed whether the connection has ended after these bytes
 * @throws StrictFault
 */
export function parseResponse(bytes: string, method: string, closed: boolean): Parsed<ResponseMessage> {
  const interim: ResponseMessage[] = [];
  let offset = 0;
  for (;;) {
    const parsed = parseOneResponse(bytes.slice(offset), method, closed);
    if (parsed.message === undefined) return { needed: offset + parsed.needed };
    const { message, length } = parsed;
    if (message.status >= 200 || message.status === 101) {
      return { message: { ...message, interim }, length: offset + length };
    }
    interim.push(message);
    offset += length;
  }
}

function parseOneResponse(bytes: string, method: string, closed: boolean): Parsed<ResponseMessage> {
  const head = parseHead(bytes);
  if (head === undefined) return { needed: bytes.length + 1 };
  const [, version = '', code = ''] = STATUS_LINE.exec(head.startLine) ?? [];
  if (version === '') throw new StrictFault(`no status line: ${JSON.stringify(head.startLine)}`);
  const status = Number(code);
  const made = (whole: Parsed<Framed>): Parsed<ResponseMessage> =>
    whole.message === undefined
      ? whole
      : { message: { ...head, ...whole.message, version, status, interim: [] }, length: whole.length };
  const length = lengthOf(head.fields);
  const chunked = isChunked(head.fields);
  if (chunked && length !== undefined) throw new StrictFault('both a length and chunks');
  if (version === '1.0' && chunked) throw new StrictFault('chunks in HTTP/1.0');
  if (status < 200 || status === 204) {
    if (chunked || length !== undefined) throw new StrictFault(`framing fields in a ${status}`);
    return made(parseCounted(bytes, head.end, 0, 'none'));
  }
  if (method === 'HEAD' || status === 304) return made(parseCounted(bytes, head.end, 0, 'none'));
  if (chunked) return made(parseChunks(bytes, head.end, length));
  if (length !== undefined) return made(parseCounted(bytes, head.end, length, 'length'));
  if (!closed) return { needed: bytes.length + 1 };
  return made(parseCounted(bytes, head.end, bytes.length - head.end, 'close'));
}

/**
 * Reads all the responses there are.
 * @returns with what is left over: the beginning of a message that is not complete
 * @throws StrictFault
 */
export function parseResponses(
  bytes: string,
  methods: readonly string[],
  closed: boolean,
): { readonly responses: readonly ResponseMessage[]; readonly rest: string } {
  const responses: ResponseMessage[] = [];
  let rest = bytes;
  while (rest !== '') {
    const parsed = parseResponse(rest, methods[responses.length] ?? 'GET', closed);
    if (parsed.message === undefined) break;
    responses.push(parsed.message);
    rest = rest.slice(parsed.length);
    if (parsed.message.status === 101) break;
  }
  return { responses, rest };
}

interface Head {
  readonly startLine: string;
  readonly fields: readonly Field[];
  readonly end: number;
}

function parseHead(bytes: string): Head | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  const soFar = end === -1 ? bytes : bytes.slice(0, end);
  if (soFar.length > LONGEST_HEAD) throw new StrictFault('a head without end');
  if (/\r(?!\n|$)|(?<!\r)\n|\0/.test(soFar)) throw new StrictFault(`a stray control byte in ${show(soFar)}`);
  if (end === -1) return undefined;
  const [startLine = '', ...lines] = soFar.split('\r\n');
  return { startLine, fields: lines.map(parseField), end: end + 4 };
}

function parseField(line: string): Field {
  const colon = line.indexOf(':');
  const [name, value] = [line.slice(0, Math.max(0, colon)), line.slice(colon + 1)];
  if (!TOKEN.test(name) || !FIELD_VALUE.test(value)) throw new StrictFault(`no field: ${show(line)}`);
  return [name, value.replace(/^[ \t]+|[ \t]+$/g, '')];
}

function lengthOf(fields: readonly Field[]): number | undefined {
  const lengths = valuesOf(fields, 'content-length');
  if (lengths.length === 0) return undefined;
  const [length = ''] = lengths;
  if (lengths.length > 1 || !/^\d{1,15}$/.test(length)) throw new StrictFault(`lengths: ${lengths}`);
  return Number(length);
}

function isChunked(fields: readonly Field[]): boolean {
  const codings = valuesOf(fields, 'transfer-encoding');
  if (codings.length === 0) return false;
  if (codings.length > 1 || codings[0]?.toLowerCase() !== 'chunked') {
    throw new StrictFault(`transfer codings: ${codings}`);
  }
  return true;
}

type Framed = Pick<Message, 'body' | 'framing' | 'trailers'>;

function parseCounted(
  bytes: string,
  start: number,
  length: number,
  framing: Message['framing'],
): Parsed<Framed> {
  if (bytes.length < start + length) return { needed: start + length };
  return {
    message: { body: bytes.slice(start, start + length), framing, trailers: [] },
    length: start + length,
  };
}

function parseChunks(bytes: string, start: number, length: number | undefined): Parsed<Framed> {
  if (length !== undefined) throw new StrictFault('both a length and chunks');
  const parts: string[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) {
      if (bytes.length - at > 4096) throw new StrictFault('a chunk line without end');
      return { needed: bytes.length + 1 };
    }
    const [, hex = ''] = CHUNK_LINE.exec(bytes.slice(at, lineEnd)) ?? [];
    if (hex === '') throw new StrictFault(`no chunk size: ${show(bytes.slice(at, lineEnd))}`);
    const size = Number.parseInt(hex, 16);
    at = lineEnd + 2;
    if (size === 0) {
      const body = parts.join('');
      if (bytes.startsWith('\r\n', at)) {
        return { message: { body, framing: 'chunked', trailers: [] }, length: at + 2 };
      }
      const end = bytes.indexOf('\r\n\r\n', at);
      if (end === -1) return { needed: bytes.length + 1 };
      const trailers = bytes.slice(at, end).split('\r\n').map(parseField);
      return { message: { body, framing: 'chunked', trailers }, length: end + 4 };
    }
    if (bytes.length < at + size + 2) return { needed: at + size + 2 };
    if (!bytes.startsWith('\r\n', at + size))
      throw new StrictFault('a chunk that does not end with its size');
    parts.push(bytes.slice(at, at + size));
    at += size + 2;
  }
}

function show(bytes: string): string {
  return JSON.stringify(bytes.length > 200 ? `${bytes.slice(0, 200)}…` : bytes);
}
