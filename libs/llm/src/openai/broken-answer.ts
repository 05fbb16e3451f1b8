import { LlmError, type Remedy } from '../canonical/error.js';
import { oneLine, UPSTREAM_TEXT_LIMIT } from '../canonical/one-line.js';

/** The upstream did not keep to its own protocol: HTTP 502. @param what it did, e.g. `sent an empty answer`. */
export function brokenAnswer(what: string): LlmError {
  return unusable(`The upstream server ${what}`);
}

/** A model that is asked again usually writes them right. @param raw what it wrote, for the log. */
export function brokenArguments(tool: string, raw: string): LlmError {
  const message = `The model produced invalid arguments for the tool ${tool}`;
  return unusable(message, oneLine(raw, UPSTREAM_TEXT_LIMIT), { kind: 'retry' });
}

function unusable(message: string, upstream = message, remedy?: Remedy): LlmError {
  return new LlmError(message, {
    status: 502,
    type: 'api_error',
    upstream: { message: upstream },
    ...(remedy && { remedy }),
  });
}
