import { parser } from '@prometheus-io/lezer-promql';

type Node = ReturnType<typeof parser.parse>['topNode'];

/** A metric in a query, with the labels that are asked of it. */
export interface Selector {
  /** As written: of a histogram with `_bucket`, `_sum` or `_count`. */
  readonly metric: string;
  readonly labels: readonly string[];
}

export interface Query {
  readonly selectors: readonly Selector[];
  /** Labels by which something is grouped. */
  readonly grouping: readonly string[];
}

/**
 * Grafana's variables as it fills them in.
 * @param window for `$__rate_interval` @param range for `$__range`
 */
export function substituted(
  expr: string,
  { window, range }: { readonly window: string; readonly range: string },
): string {
  const filled = expr.replaceAll('$__rate_interval', window).replaceAll('$__range', range);
  return filled.replaceAll(/\$(?:instance|route|model|sink)\b/g, '.*');
}

/** @throws Error when it is not PromQL; no variable may be left in it */
export function readQuery(expr: string): Query {
  const selectors: Selector[] = [];
  const grouping: string[] = [];
  for (const node of nodes(parse(expr))) {
    if (node.name === 'VectorSelector') {
      const metric = textOf(node.getChild('Identifier'), expr);
      selectors.push({ metric, labels: labelsIn(node, expr) });
    }
    if (node.name === 'GroupingLabels') grouping.push(...labelsIn(node, expr));
  }
  return { selectors, grouping };
}

const COMPARISONS = new Set(['Eql', 'Neq', 'Gtr', 'Lss', 'Gte', 'Lte']);
const SET_OPERATORS = new Set(['And', 'Or', 'Unless']);

/** What an alert compares, without the thresholds: each must have a value at any time, whether the alert fires or not. */
export function compared(expr: string): string[] {
  const sides = (node: Node): string[] => {
    const children = [...childrenOf(node)];
    const operator = children.find(({ name }) => COMPARISONS.has(name) || SET_OPERATORS.has(name));
    if (node.name === 'NumberDurationLiteral') return [];
    if (node.name !== 'BinaryExpr' || !operator) return [textOf(node, expr)];
    return [children[0], children.at(-1)].flatMap((side) => (side ? sides(side) : []));
  };
  const [top] = childrenOf(parse(expr));
  return top ? sides(top) : [];
}

function parse(expr: string): Node {
  const { topNode } = parser.parse(expr);
  for (const node of nodes(topNode)) {
    if (node.type.isError) throw new Error(`not PromQL at ${node.from}: ${expr}`);
  }
  return topNode;
}

/** The node and all below it. */
function* nodes(node: Node): Generator<Node> {
  yield node;
  for (const child of childrenOf(node)) yield* nodes(child);
}

function* childrenOf(node: Node): Generator<Node> {
  for (let child = node.firstChild; child; child = child.nextSibling) yield child;
}

const labelsIn = (node: Node, expr: string): string[] =>
  [...nodes(node)].filter(({ name }) => name === 'LabelName').map((label) => textOf(label, expr));

const textOf = (node: Node | null, expr: string): string => (node ? expr.slice(node.from, node.to) : '');
