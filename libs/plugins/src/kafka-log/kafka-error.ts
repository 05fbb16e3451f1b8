import { FinalSinkError } from '#libs/plugin-api';
import { reasonOf } from '#libs/sinks';

/** Answers of a broker to a message that it will never take. Everything else can change: topics, rights, leaders, credentials. */
const FINAL = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
]);

/** A failure to send, for delivery: final, or to be repeated. */
export function sinkError(error: unknown): Error {
  const causes = chain(error);
  const type = causes.map(({ type }) => type).find((name) => name !== undefined);
  const root = causes.at(-1) ?? error;
  const message = `Kafka: ${reasonOf(root)}${type === undefined ? '' : ` (${type})`}`;
  return type !== undefined && FINAL.has(type)
    ? new FinalSinkError(message, { cause: error })
    : new Error(message, { cause: error });
}

interface ErrorLink {
  readonly type?: string;
  readonly cause?: unknown;
}

/** The error, its cause, the cause's cause …: kafkajs wraps what it gives up. */
function chain(error: unknown): ErrorLink[] {
  const links: ErrorLink[] = [];
  for (
    let link = error;
    typeof link === 'object' && link !== null && links.length < 10;
    link = (link as ErrorLink).cause
  ) {
    links.push(link);
  }
  return links;
}
