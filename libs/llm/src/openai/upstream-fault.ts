import { oneLine, UPSTREAM_TEXT_LIMIT } from '../canonical/one-line.js';
import { isRecord, list, text } from '../json.js';

/** Lower-case names, as node gives them. */
export type ErrorHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What an upstream says about a failure, whatever shape it says it in. */
export interface UpstreamFault {
  readonly status: number;
  readonly code: string;
  readonly type: string;
  /** The parameter at fault. */
  readonly param: string;
  /** In the upstream's words, not yet fit to be shown; empty when it sent none or HTML. */
  readonly message: string;
  readonly headers: ErrorHeaders;
}

/** Longest text of an upstream that is looked at, in characters. */
const TEXT_LIMIT = 4096;

/**
 * Reads an error body: OpenAI's `{error:{message,type,param,code}}`, the same in an array (Google), `{error:"…"}` (Ollama),
 * `{message}` (vLLM), `{detail}` (FastAPI), or plain text. HTML comes from something in between and says nothing.
 */
export function readFault(status: number, headers: ErrorHeaders, body: string): UpstreamFault {
  const start = body.slice(0, TEXT_LIMIT);
  const value = parse(body);
  if (value !== undefined) return faultOf(status, headers, value);
  const isPlain = !/[<>]/.test(start) && status < 500;
  return { status, code: '', type: '', param: '', message: isPlain ? start.trim() : '', headers };
}

/** The same for a value that has been parsed already. */
export function faultOf(status: number, headers: ErrorHeaders, value: unknown): UpstreamFault {
  const outer = Array.isArray(value) ? (value as readonly unknown[])[0] : value;
  const error = isRecord(outer) ? (outer['error'] ?? outer) : outer;
  if (!isRecord(error)) return { status, code: '', type: '', param: '', message: text(error), headers };
  const { code } = error;
  return {
    status,
    code: typeof code === 'number' ? String(code) : text(code),
    type: text(error['type']) || text(error['status']),
    param: text(error['param']),
    message: (text(error['message']) || detailOf(error['detail']) || detailOf(error['message'])).slice(0, TEXT_LIMIT),
    headers,
  };
}

/** FastAPI: a string, or a list of `{loc, msg}`. */
function detailOf(detail: unknown): string {
  if (typeof detail === 'string') return detail;
  if (isRecord(detail) && typeof detail['detail'] !== 'undefined') return detailOf(detail['detail']);
  return list(detail)
    .filter(isRecord)
    .map((fault) => `${list(fault['loc']).slice(1).join('.')}: ${text(fault['msg'])}`)
    .join('; ');
}

/** A header's value; the first one of several. */
export function header(headers: ErrorHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

/** What the log keeps of a fault. */
export function logged(fault: UpstreamFault, body?: string): { status: number; code?: string; message: string } {
  const code = fault.code || fault.type;
  return {
    status: fault.status,
    ...(code === '' ? {} : { code }),
    message: oneLine(fault.message || body || '', UPSTREAM_TEXT_LIMIT),
  };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
