// Finds the end of each answer on a connection that carries one at a time: as little of HTTP/1.1 as a load generator
// needs to be told from what it measures.

const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';
const MAX_HEAD = 64 * 1024;

export class ResponseReader {
  /** Of the answer that is complete, or under way. */
  status = 0;
  #head = '';
  /** Bytes of content still to come; undefined while the head is under way. */
  #left: number | undefined;
  #chunked = false;
  #tail = '';

  /**
   * Takes what has come, and says whether it completes an answer.
   * @throws Error for what is not an answer
   */
  read(chunk: Buffer): boolean {
    if (this.#left !== undefined) return this.#readContent(chunk);
    this.#head += chunk.toString('latin1');
    const end = this.#head.indexOf(HEAD_END);
    if (end === -1) {
      if (this.#head.length > MAX_HEAD) throw new Error('the head of an answer does not end');
      return false;
    }
    const head = this.#head.slice(0, end);
    const content = this.#head.length - end - HEAD_END.length;
    const [, status] = /^HTTP\/1\.1 (\d{3})/.exec(head) ?? [];
    if (status === undefined) throw new Error(`not an answer: ${head.slice(0, 80)}`);
    this.status = Number(status);
    this.#head = '';
    this.#chunked = /\r\ntransfer-encoding: *chunked/i.test(head);
    const [, length = '0'] = /\r\ncontent-length: *(\d+)/i.exec(head) ?? [];
    this.#left = this.#chunked ? Number.POSITIVE_INFINITY : Number(length);
    return this.#readContent(chunk.subarray(chunk.length - content));
  }

  #readContent(chunk: Buffer): boolean {
    if (this.#chunked) {
      // The content is known to hold no such bytes.
      this.#tail = (
        this.#tail + chunk.toString('latin1', Math.max(0, chunk.length - LAST_CHUNK.length))
      ).slice(-LAST_CHUNK.length);
      if (this.#tail !== LAST_CHUNK) return false;
    } else {
      this.#left = (this.#left ?? 0) - chunk.length;
      if (this.#left < 0) throw new Error('an answer is longer than it says');
      if (this.#left > 0) return false;
    }
    this.#left = undefined;
    this.#tail = '';
    return true;
  }
}
