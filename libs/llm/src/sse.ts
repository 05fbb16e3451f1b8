/** An event larger than this is not a model's; in bytes. */
export const MAX_EVENT_BYTES = 16 * 1024 * 1024;

/** Takes what an `SseParser` finds. Strings hold one char per UTF-8 byte. */
export interface SseTarget {
  /** One event. `data` is its data lines joined by LF and never empty; `name` is empty without an `event` field. */
  event(data: string, name: string): void;
  /** A line that begins with `{`: no field of SSE, but the way some servers report an error inside a stream. */
  stray(line: string): void;
  /** A single event passed `MAX_EVENT_BYTES`. */
  overflow(): void;
  /**
   * Offered at every border between events: may take whole events from `text` at `at` by itself.
   * @returns the position after what it took, `at` when it took nothing.
   */
  skim(text: string, at: number): number;
}

/**
 * Server-sent events (WHATWG HTML, section 9.2.6) out of network reads cut anywhere. Lines end with LF, CR or CRLF, also
 * when the pair is cut in two. Works on bytes held as latin1 text: a UTF-8 character is never cut, because only line ends
 * are. Other than a browser it also delivers a last event whose blank line is missing.
 */
export class SseParser {
  /** Set to stop: nothing is delivered any more. */
  stopped = false;
  /** A line without its end yet. */
  #rest = '';
  #data: string | undefined;
  #name = '';
  /** The last read ended with CR; an LF at the start of the next one belongs to it. */
  #afterCarriageReturn = false;
  #atStart = true;
  /** The text being parsed, and where in it the current event begins; -1 when it began in an earlier read. */
  #text = '';
  #eventStart = -1;
  #at = 0;

  constructor(private readonly target: SseTarget) {}

  push(chunk: Buffer): void {
    if (this.stopped || chunk.length === 0) return;
    const read = chunk.toString('latin1');
    if (this.#rest !== '' && !read.includes('\n') && !read.includes('\r')) this.#hold(this.#rest + read);
    else this.#parse(this.#rest + read);
  }

  /** The end of the stream. */
  end(): void {
    if (this.stopped) return;
    if (this.#rest !== '') this.#line(this.#rest);
    this.#rest = '';
    this.#text = '';
    this.#dispatch();
    this.stopped = true;
  }

  /** During `event`: the event's own bytes with its line ends, or undefined when they came in several reads. */
  raw(): string | undefined {
    return this.#text === '' || this.#eventStart === -1 ? undefined : this.#text.slice(this.#eventStart, this.#at);
  }

  #parse(text: string): void {
    let carriageReturn = text.indexOf('\r');
    this.#text = text;
    this.#rest = '';
    this.#at = this.#afterCarriageReturn && text.startsWith('\n') ? 1 : 0;
    this.#afterCarriageReturn = false;
    this.#eventStart = -1;
    for (;;) {
      if (this.#data === undefined && this.#name === '') {
        this.#at = this.target.skim(text, this.#at);
        this.#eventStart = this.#at;
      }
      if (this.stopped) break;
      if (carriageReturn !== -1 && carriageReturn < this.#at) carriageReturn = text.indexOf('\r', this.#at);
      const lineFeed = text.indexOf('\n', this.#at);
      const end = lineFeed === -1 || (carriageReturn !== -1 && carriageReturn < lineFeed) ? carriageReturn : lineFeed;
      if (end === -1) {
        this.#hold(text.slice(this.#at));
        break;
      }
      const line = text.slice(this.#at, end);
      this.#at = end + 1;
      if (text.charCodeAt(end) === CARRIAGE_RETURN) {
        if (this.#at === text.length) this.#afterCarriageReturn = true;
        else if (text.charCodeAt(this.#at) === LINE_FEED) this.#at++;
      }
      this.#line(line);
    }
    this.#text = '';
  }

  #hold(rest: string): void {
    this.#rest = rest;
    this.#guard(rest.length);
  }

  #guard(more: number): void {
    if ((this.#data?.length ?? 0) + more <= MAX_EVENT_BYTES) return;
    this.stopped = true;
    this.target.overflow();
  }

  #line(raw: string): void {
    const line = this.#atStart && raw.startsWith(BYTE_ORDER_MARK) ? raw.slice(BYTE_ORDER_MARK.length) : raw;
    this.#atStart = false;
    if (line === '') this.#dispatch();
    else if (line.charCodeAt(0) === OPEN_BRACE) this.target.stray(line);
    else {
      const colon = line.indexOf(':');
      const field = colon === -1 ? line : line.slice(0, colon);
      if (field === 'data') this.#addData(valueOf(line, colon));
      else if (field === 'event') this.#name = valueOf(line, colon);
    }
  }

  #addData(value: string): void {
    this.#guard(value.length);
    this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
  }

  #dispatch(): void {
    const data = this.#data;
    const name = this.#name;
    this.#data = undefined;
    this.#name = '';
    if (data !== undefined && data !== '' && !this.stopped) this.target.event(data, name);
  }
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const OPEN_BRACE = 0x7b;
const SPACE = 0x20;
/** The bytes EF BB BF. */
const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';

function valueOf(line: string, colon: number): string {
  if (colon === -1) return '';
  return line.slice(line.charCodeAt(colon + 1) === SPACE ? colon + 2 : colon + 1);
}
