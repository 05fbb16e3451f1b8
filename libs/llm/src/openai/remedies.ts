import type { Remedy } from '../canonical/error.js';
import type { UpstreamFault } from './upstream-fault.js';

/**
 * What the gateway can change so that the upstream takes the request: models and servers differ in the parameters they
 * know, and say so only when asked. Names are the upstream's. Undefined when the fault is the client's own.
 */
export function remedyFor(fault: UpstreamFault): Remedy | undefined {
  const { message, code } = fault;
  const tool = refusedTool(message);
  if (code === 'invalid_function_parameters' || (tool !== undefined && /schema/i.test(message))) {
    return tool === undefined ? undefined : { kind: 'relax_tool', tool };
  }
  if (isReasoningFault(message)) return { kind: 'strip_reasoning' };
  // gpt-5.4 and later: no tools on this endpoint unless reasoning is switched off.
  if (/function tools with reasoning_effort/i.test(message)) {
    return { kind: 'set_parameter', parameter: 'reasoning_effort', value: 'none' };
  }
  if (/encrypted content is not supported/i.test(message)) return { kind: 'drop_parameter', parameter: 'include' };
  const limit = /supports at most (\d+) (?:completion|output) tokens/i.exec(message)?.[1];
  if (limit !== undefined) return { kind: 'set_parameter', parameter: outputLimitName(fault), value: Number(limit) };
  const parameter = refusedParameter(fault);
  return parameter === undefined ? undefined : parameterRemedy(parameter, fault);
}

function parameterRemedy(parameter: string, { message, code }: UpstreamFault): Remedy | undefined {
  const instead = /use ['"`]?([a-z_]+)['"`]? instead/i.exec(message)?.[1];
  if (instead !== undefined && instead !== parameter) return { kind: 'rename_parameter', parameter, to: instead };
  const supported = supportedValues(message);
  if (supported.length > 0) {
    const rejected = /does not support ['"`]([^'"`]*)['"`]/i.exec(message)?.[1] ?? '';
    return { kind: 'set_parameter', parameter, value: nearestEffort(rejected, supported), supported };
  }
  // The old name of servers that do not know OpenAI's new one.
  if (parameter === 'max_completion_tokens' && code !== 'unsupported_value') {
    return { kind: 'rename_parameter', parameter, to: 'max_tokens' };
  }
  return { kind: 'drop_parameter', parameter };
}

const UNSUPPORTED_CODES = new Set(['unsupported_parameter', 'unsupported_value', 'unknown_parameter']);

/** The parameter's name as these sentences write it: quoted or not, at the top level only. */
const PARAMETER_PATTERNS: readonly RegExp[] = [
  /unsupported (?:parameter|value)s?:? ['"`]?([a-z_]+(?:\.[a-z_]+)?)['"`]?/i,
  /unknown (?:parameter|name|field):? ['"`]?([a-z_]+(?:\.[a-z_]+)?)['"`]?/i,
  /unrecognized (?:request )?(?:arguments?|parameters?|fields?)(?: supplied)?:? ['"`]?([a-z_]+(?:\.[a-z_]+)?)['"`]?/i,
  /(?:parameter|argument|field) ['"`]([a-z_]+(?:\.[a-z_]+)?)['"`] is not (?:supported|allowed|permitted|recognized)/i,
  /(?:property|parameter|argument|field) ['"`]([a-z_]+(?:\.[a-z_]+)?)['"`] is unsupported/i,
  /['"`]([a-z_]+(?:\.[a-z_]+)?)['"`] is not (?:supported|allowed|permitted) (?:with|by|for) this model/i,
  /(?:^|; )(?:body\.)?([a-z_]+): extra inputs are not permitted/i,
  /(?:unsupported|unknown)[^.]*['"`]([a-z_]+(?:\.[a-z_]+)?)['"`]/i,
];

function refusedParameter({ status, code, param, message }: UpstreamFault): string | undefined {
  if (status !== 400 && status !== 422) return undefined;
  const named = PARAMETER_PATTERNS.map((pattern) => pattern.exec(message)?.[1]).find((name) => name !== undefined);
  const candidate = UNSUPPORTED_CODES.has(code) && param !== '' ? param : named;
  // What lies inside of messages or tools is the client's content: there is nothing to drop.
  if (candidate === undefined) return undefined;
  if (candidate.endsWith('.prompt_cache_breakpoint')) return 'prompt_cache_breakpoint';
  // An item of a kind that the model does not know; of those that we send only this one is not known to all.
  if (/^input\[\d+\](?:\.type)?$/.test(candidate)) return 'additional_tools';
  const [path, top] = /^([a-z_]+)(?:\.[a-z_]+)?/.exec(candidate) ?? [];
  if (top === 'reasoning' || top === 'text') return path;
  return top === undefined || CONTENT.has(top) ? undefined : top;
}

const CONTENT = new Set(['messages', 'tools', 'model', 'stream', 'input', 'functions']);

function outputLimitName({ param, message }: UpstreamFault): string {
  return param || (/\bmax_tokens\b/.test(message) ? 'max_tokens' : 'max_completion_tokens');
}

/** `Supported values are: 'low', 'medium', and 'high'.` */
function supportedValues(message: string): string[] {
  const sentence = /supported values (?:are|is):?([^.]*)/i.exec(message)?.[1] ?? '';
  return [...sentence.matchAll(/['"`]([^'"`]+)['"`]/g)].map((match) => match[1] ?? '');
}

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** The supported effort next to the rejected one; the lower of two equally near. Other values: the first one supported. */
function nearestEffort(rejected: string, supported: readonly string[]): string | undefined {
  const wanted = EFFORTS.indexOf(rejected);
  const distance = (value: string): number => Math.abs(EFFORTS.indexOf(value) - wanted);
  return [...supported].sort((a, b) => distance(a) - distance(b) || EFFORTS.indexOf(a) - EFFORTS.indexOf(b))[0];
}

/** `Invalid schema for function 'Read': …`; also `tools[3].function.parameters`, but then the name is not known. */
function refusedTool(message: string): string | undefined {
  return /(?:function|tool) ['"`]([\w.-]+)['"`]/i.exec(message)?.[1];
}

function isReasoningFault(message: string): boolean {
  return (
    /reasoning.*without its required following item/i.test(message) ||
    /encrypted content.*could not be (?:verified|decrypted)/i.test(message) ||
    /\brs_\w+.*(?:not found|could not be verified)/i.test(message)
  );
}
