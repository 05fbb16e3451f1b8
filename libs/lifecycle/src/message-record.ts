import type { LogRecord } from '#libs/plugin-api';

type Headers = LogRecord['request']['headers'];

/** Headers are kept as JSON text, which the log line needs, and parsed for whoever looks into them. */
abstract class MessageRecord {
  readonly #headersJson: string;
  #headers: Headers | undefined;

  constructor(headersJson: string) {
    this.#headersJson = headersJson;
  }

  get headersJson(): string {
    return this.#headersJson;
  }

  get headers(): Headers {
    return (this.#headers ??= JSON.parse(this.#headersJson) as Headers);
  }
}

/** `request` of a record. */
export class RequestRecord extends MessageRecord {
  readonly #plain: boolean;

  /** @param plain whether no string of the whole record, headers aside, needs an escape in JSON. */
  constructor(
    readonly id: string,
    readonly method: string,
    readonly uri: string,
    readonly url: string,
    readonly querystring: LogRecord['request']['querystring'],
    headersJson: string,
    readonly size: number,
    plain: boolean,
  ) {
    super(headersJson);
    this.#plain = plain;
  }

  get plain(): boolean {
    return this.#plain;
  }

  toJSON(): LogRecord['request'] {
    const { id, method, uri, url, querystring, headers, size } = this;
    return { id, method, uri, url, querystring, headers, size };
  }
}

/** `response` of a record. */
export class ResponseRecord extends MessageRecord {
  constructor(
    readonly status: number,
    headersJson: string,
    readonly size: number,
  ) {
    super(headersJson);
  }

  toJSON(): LogRecord['response'] {
    const { status, headers, size } = this;
    return { status, headers, size };
  }
}
