/**
 * decK's templates: `${{ env "NAME" | toInt }}`. decK puts values into the text before it is YAML, which moves positions and
 * lets a value change the structure. Here a template is blanked out by as many marker characters before the YAML is parsed,
 * and its value is put into the finished scalar.
 */

/** A noncharacter (Unicode 23.7: not for interchange), so that no file needs it for itself. */
export const MARKER = '\uFDD0';

type Pipe = 'toInt' | 'toBool' | 'toFloat' | 'indent';

/** A template as it stands in the text. */
export interface Template {
  /** Offset in the text, UTF-16 code units, and the number of them that are blanked out. */
  readonly start: number;
  readonly length: number;
  /** Undefined for a template that cannot be understood. */
  readonly expression: Expression | undefined;
}

export interface Expression {
  readonly variable: string;
  readonly pipes: readonly Pipe[];
  /** The template in one spelling, whatever quotes and blanks it was written with. */
  readonly written: string;
}

const OPEN = '${{';
const CLOSE = '}}';

/**
 * Finds the templates of a text and blanks them out. As in decK, a line whose first non-blank character is `#` is left alone.
 * A template ends on its own line.
 */
export function maskTemplates(text: string): { readonly masked: string; readonly templates: readonly Template[] } {
  const templates: Template[] = [];
  let masked = '';
  let from = 0;
  for (let start = text.indexOf(OPEN); start !== -1; start = text.indexOf(OPEN, from)) {
    const template = templateAt(text, start);
    const end = start + (template?.length ?? OPEN.length);
    masked += text.slice(from, start) + (template === undefined ? OPEN : MARKER.repeat(template.length));
    if (template !== undefined) templates.push(template);
    from = end;
  }
  return { masked: masked + text.slice(from), templates };
}

function templateAt(text: string, start: number): Template | undefined {
  const lineStart = Math.max(text.lastIndexOf('\n', start), text.lastIndexOf('\r', start)) + 1;
  if (text.slice(lineStart, start).trimStart().startsWith('#')) return undefined;
  const lineEnd = /[\r\n]|$/.exec(text.slice(start))?.index ?? 0;
  const line = text.slice(start, start + lineEnd);
  const close = line.indexOf(CLOSE, OPEN.length);
  // An unclosed template blanks out only its own beginning, so that the rest of the line still parses.
  const length = close === -1 ? OPEN.length : close + CLOSE.length;
  return { start, length, expression: close === -1 ? undefined : parse(line.slice(OPEN.length, close)) };
}

// Quotes may be escaped for the YAML scalar around them: \" in a double-quoted one, '' in a single-quoted one.
const EXPRESSION = /^\s*env\s*(\\?["'`]|'')([^"'`\\|]+)\1\s*((?:\|\s*(?:toInt|toBool|toFloat|indent\s+\d+)\s*)*)$/;

function parse(source: string): Expression | undefined {
  const match = EXPRESSION.exec(source);
  if (match === null) return undefined;
  const [, , variable = '', pipeline = ''] = match;
  const pipes = pipeline
    .split('|')
    .map((pipe) => pipe.trim().split(/\s+/)[0] as Pipe | '')
    .filter((pipe) => pipe !== '');
  return { variable, pipes, written: `\${{ ${[`env ${JSON.stringify(variable)}`, ...pipes].join(' | ')} }}` };
}

/** What can be written between the braces, for messages. */
export const TEMPLATE_FORMS = '${{ env "NAME" }}, optionally followed by | toInt, | toBool, | toFloat or | indent N';

export type Evaluated =
  | { readonly ok: true; readonly value: string | number | boolean }
  /** `standIn` is a value of the type that the template would have given. */
  | { readonly ok: false; readonly reason: string; readonly standIn: string | number | boolean };

/** The value of a template. The reason of a failure names the variable, never its value. */
export function evaluate(expression: Expression, env: NodeJS.ProcessEnv): Evaluated {
  const { variable, pipes } = expression;
  const text = variableOf(env, variable);
  let standIn: string | number | boolean = variable;
  let value: string | number | boolean = text ?? '';
  let complaint = text === undefined ? 'is not set' : undefined;
  for (const pipe of pipes) {
    // `indent` keeps later lines of a value inside a YAML block; the value enters the parsed scalar, which has no indentation.
    if (pipe === 'indent') continue;
    const conversion = CONVERSIONS[pipe];
    standIn = conversion.standIn;
    const converted: string | number | boolean | undefined = conversion.convert(String(value).trim());
    if (converted === undefined) complaint ??= `is not ${conversion.what}`;
    else value = converted;
  }
  return complaint === undefined
    ? { ok: true, value }
    : { ok: false, reason: `environment variable ${variable} ${complaint}`, standIn };
}

/** The value of a variable; `process.env` also answers to the names that every object has. */
export function variableOf(env: NodeJS.ProcessEnv, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}

const BOOLEANS = new Map([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true] as const),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false] as const),
]);

/** Go's `strconv.Atoi`, `ParseBool` and `ParseFloat`, as far as YAML can hold the result. */
const CONVERSIONS = {
  toInt: {
    what: 'an integer',
    standIn: 42,
    convert: (text: string) => (/^[-+]?\d+$/.test(text) ? safe(Number(text)) : undefined),
  },
  toFloat: {
    what: 'a number',
    standIn: 42,
    convert: (text: string) => (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? finite(Number(text)) : undefined),
  },
  toBool: {
    what: 'a boolean (true, false, 1, 0)',
    standIn: false,
    convert: (text: string) => BOOLEANS.get(text),
  },
} as const;

function safe(value: number): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined;
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
