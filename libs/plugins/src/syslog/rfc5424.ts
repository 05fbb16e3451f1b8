import { hostname } from 'node:os';

/** A log record on its way to a syslog. */
export interface SyslogMessage {
  /** PRI. */
  readonly priority: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** UTF-8, one line. */
  readonly text: Buffer;
}

/** RFC 5424 section 6: `<PRI>1 TIMESTAMP HOSTNAME APP-NAME PROCID MSGID - MSG`. */
export function rfc5424({ priority, at, text }: SyslogMessage, ident: string): Buffer {
  const header = `<${priority}>1 ${new Date(at).toISOString()} ${HOSTNAME} ${ident} ${process.pid} exchange - `;
  return Buffer.concat([Buffer.from(header, 'latin1'), text]);
}

/** RFC 6587 section 3.4.1, RFC 5425 section 4.3: the length in octets, a blank, the message. */
export function octetCounted(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${message.length} `, 'latin1'), message]);
}

/** Printable ASCII, `-` when unknown. */
const HOSTNAME =
  hostname()
    .replaceAll(/[^\x21-\x7e]/g, '')
    .slice(0, 255) || '-';
