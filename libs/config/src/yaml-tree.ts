import { Composer, isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, Parser } from 'yaml';
import type { Alias, Document, Node, Pair, YAMLError, YAMLMap } from 'yaml';
import { pathBelow, type FaultList, type Origin } from './faults.js';
import { readScalar } from './scalar.js';
import { MARKER, maskTemplates, type Template } from './templates.js';
import { mapNode, type ConfigNode, type MapEntry } from './tree.js';

export interface ConfigSource {
  /** The name for messages. */
  readonly file: string;
  readonly text: string;
}

/** Maps and lists within each other. Kong's format needs about ten; the parser needs stack for each. */
const MAX_DEPTH = 100;
/** Nodes that aliases may add to one file, so that a few lines cannot become gigabytes. */
const MAX_ALIASED_NODES = 50_000;

/**
 * Parses one YAML or JSON file and puts environment variables into its scalars. What is wrong goes to `faults`; undefined when
 * the text is not one readable document.
 */
export function parseYaml(source: ConfigSource, env: NodeJS.ProcessEnv, faults: FaultList): ConfigNode | undefined {
  return new YamlReader(source, env, faults).read();
}

class YamlReader {
  readonly #lines = new LineCounter();
  readonly #masked: string;
  readonly #templates: readonly Template[];
  #aliasedNodes = 0;

  constructor(
    private readonly source: ConfigSource,
    private readonly env: NodeJS.ProcessEnv,
    private readonly faults: FaultList,
  ) {
    const { text } = source;
    const { masked, templates } = maskTemplates(text);
    this.#masked = masked;
    this.#templates = templates;
    for (let start = 0; start !== -1; start = text.indexOf('\n', start) + 1 || -1) this.#lines.addNewLine(start);
  }

  read(): ConfigNode | undefined {
    const marker = this.source.text.indexOf(MARKER);
    if (marker !== -1) {
      this.faults.error(this.#at(marker, ''), 'the character U+FDD0 is not allowed');
      return undefined;
    }
    const documents = this.#parse();
    const [document, second] = documents;
    if (document === undefined) return undefined;
    const problems = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings]);
    for (const problem of problems) this.faults.error(this.#at(problem.pos[0], ''), sentence(problem));
    if (problems.length > 0) return undefined;
    if (second !== undefined) {
      this.faults.error(this.#at(second.range[0], ''), 'a second YAML document: one file holds one');
      return undefined;
    }
    return this.#node(document.contents, this.#at(0, ''), { document, depth: 0, aliased: false });
  }

  /** Feeds the parser token by token, because its recursion ends the process when lists are nested ten thousand deep. */
  #parse(): Document.Parsed[] {
    const parser = new Parser();
    const tokens = [];
    for (const lexeme of new Lexer().lex(this.#masked)) {
      for (const token of parser.next(lexeme)) tokens.push(token);
      if (parser.stack.length > MAX_DEPTH) {
        this.faults.error(this.#at(parser.offset, ''), `nested deeper than ${MAX_DEPTH} levels`);
        return [];
      }
    }
    tokens.push(...parser.end());
    const composer = new Composer({ merge: true, uniqueKeys: false, resolveKnownTags: false, logLevel: 'silent' });
    return [...composer.compose(tokens, true, this.#masked.length)];
  }

  #node(node: unknown, origin: Origin, where: Where): ConfigNode | undefined {
    const at = this.#origin(node, origin);
    if (where.depth > MAX_DEPTH) return this.#reject(at, `nested deeper than ${MAX_DEPTH} levels`);
    if (where.aliased && (this.#aliasedNodes += 1) > MAX_ALIASED_NODES) {
      return this.#reject(at, 'the aliases of this file expand to too much');
    }
    if (isAlias(node)) return this.#alias(node, at, where);
    const below = { ...where, depth: where.depth + 1 };
    if (isMap(node)) return this.#map(node, at, below);
    if (isSeq(node)) {
      const items = node.items.map((item, index) =>
        this.#node(item, { ...at, path: pathBelow(at.path, index) }, below),
      );
      return { kind: 'list', origin: at, items: items.filter((item) => item !== undefined) };
    }
    return readScalar(isScalar(node) ? node : undefined, {
      origin: at,
      templates: this.#templatesIn(node),
      env: this.env,
      faults: this.faults,
      at: (offset) => this.#at(offset, at.path),
    });
  }

  #map(node: YAMLMap, origin: Origin, where: Where): ConfigNode {
    const own = new Map<string, MapEntry>();
    const merged = new Map<string, MapEntry>();
    for (const pair of node.items) {
      if (isMergeKey(pair)) {
        for (const [key, entry] of this.#merge(pair, origin, where)) if (!merged.has(key)) merged.set(key, entry);
        continue;
      }
      const key = this.#key(pair.key, origin);
      if (key === undefined) continue;
      const at = this.#origin(pair.key, { ...origin, path: pathBelow(origin.path, key) });
      const first = own.get(key);
      if (first !== undefined) {
        this.faults.error(at, `duplicate key, first in line ${first.key.line}`);
        continue;
      }
      const value = this.#node(pair.value, at, where);
      if (value !== undefined) own.set(key, { key: at, node: value });
    }
    // Own keys come first and win over merged ones: https://yaml.org/type/merge.html
    for (const [key, entry] of merged) if (!own.has(key)) own.set(key, entry);
    return mapNode(origin, own);
  }

  #merge(pair: Pair, origin: Origin, where: Where): Iterable<[string, MapEntry]> {
    const value = this.#node(pair.value, this.#origin(pair.key, origin), where);
    const maps = value?.kind === 'list' ? value.items : value === undefined ? [] : [value];
    return maps.flatMap((map) => {
      if (map.kind === 'map') return [...map.entries];
      this.faults.error(map.origin, 'a merge key (<<) takes a map or a list of maps');
      return [];
    });
  }

  #key(node: unknown, origin: Origin): string | undefined {
    const at = this.#origin(node, origin);
    const value = isScalar(node) ? node.value : undefined;
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      return this.#reject(at, 'a key must be a plain name');
    }
    if (this.#templatesIn(node).length > 0) return this.#reject(at, 'a template cannot be a key, only a value');
    const key = String(value);
    return key === '__proto__' ? this.#reject(at, 'the key __proto__ is not allowed') : key;
  }

  #alias(node: Alias, origin: Origin, where: Where): ConfigNode | undefined {
    const target = node.resolve(where.document);
    if (target === undefined) return this.#reject(origin, `no anchor &${node.source} stands before this alias`);
    const value = this.#node(target, origin, { ...where, aliased: true, depth: where.depth + 1 });
    return value && { ...value, origin };
  }

  #templatesIn(node: unknown): readonly Template[] {
    const range = (node as Node | null)?.range;
    if (!range || this.#templates.length === 0) return [];
    return this.#templates.filter(({ start }) => start >= range[0] && start < range[1]);
  }

  #origin(node: unknown, fallback: Origin): Origin {
    const offset = (node as Node | null)?.range?.[0];
    return offset === undefined ? fallback : this.#at(offset, fallback.path);
  }

  #at(offset: number, path: string): Origin {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.source.file, line, column: col, path };
  }

  #reject(at: Origin, message: string): undefined {
    this.faults.error(at, message);
  }
}

interface Where {
  readonly document: Document.Parsed;
  readonly depth: number;
  readonly aliased: boolean;
}

function isMergeKey(pair: Pair): boolean {
  return isScalar(pair.key) && typeof pair.key.value === 'symbol';
}

/** The parser's message without the piece of the file that some of them quote: it may be a secret. */
function sentence({ code, message }: YAMLError): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'a tab cannot indent YAML, only blanks can';
    case 'TAG_RESOLVE_FAILED':
      return 'YAML tags other than those of the core schema (!!str, !!int, !!float, !!bool, !!null) are not supported';
    case 'BAD_DQ_ESCAPE':
      return 'unknown escape sequence in a double-quoted string; a backslash is written \\\\';
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'unexpected ":"; a value that holds ": " must be quoted, and fields of one map start in the same column';
    case 'UNEXPECTED_TOKEN':
      return `this is not YAML: ${message.replace(/: .*$/s, '').toLowerCase()}`;
    default:
      return `this is not YAML: ${message}`;
  }
}
