/** What a listener can be told; a Nest injectable. Times in milliseconds. */
export abstract class ProxyOptions {
  /** Version of the gateway, for `Server` and `Via`. */
  abstract readonly version: string;
  /** `seq` of the last exchange before this process; the first one here has the next. Default 0. */
  readonly lastSeq?: number;
  /** How long an idle connection is kept. Default 75 000, as Kong's. */
  readonly keepAliveTimeout?: number;
  /** From the first byte of a request to the end of its head. Default 30 000. */
  readonly headersTimeout?: number;
  /** From the first byte of a request to the end of its body; a response may take longer. Default 300 000. */
  readonly requestTimeout?: number;
  /** How often the two above are looked at. Default 5 000. */
  readonly checkInterval?: number;
}

/** The process's own log, as pino's; a Nest injectable. */
export abstract class ProxyLog {
  abstract warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  abstract error(fields: Readonly<Record<string, unknown>>, message: string): void;
}
