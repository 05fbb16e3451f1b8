/**
 * Counters and histograms as plain numbers, written out only when they are scraped: an exchange touches about thirty, and
 * a metrics library spends more on each of them than an addition costs. Text format 0.0.4 of Prometheus.
 */
export interface Family extends FamilyDescription {
  /** The family with all its samples, each line ended. */
  render(): string;
}

/** What is known of a family before it has a sample. */
export interface FamilyDescription {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labelNames: readonly string[];
  /** Of a histogram: upper bounds of its buckets, ascending, without `+Inf`. */
  readonly bounds?: readonly number[];
}

/** One number that only grows, or one that goes up and down. */
export class Cell {
  value = 0;

  add(amount: number): void {
    this.value += amount;
  }
}

/** A cumulative histogram. */
export class HistogramCell {
  sum = 0;
  /** Per bucket, not cumulated; the last one is for what is above all bounds. */
  readonly counts: number[];

  constructor(private readonly bounds: readonly number[]) {
    this.counts = [...bounds, Infinity].map(() => 0);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && value > (this.bounds[bucket] as number)) bucket++;
    (this.counts[bucket] as number)++;
    this.sum += value;
  }
}

abstract class LabelledFamily<C> implements Family {
  private readonly cells = new Map<string, C>();

  constructor(
    readonly name: string,
    readonly help: string,
    readonly type: FamilyDescription['type'],
    readonly labelNames: readonly string[],
    private readonly make: () => C,
  ) {}

  /** The cell of these label values, in the order of the names. Worth keeping: this is a search. */
  cell(...values: string[]): C {
    const labels = this.labelNames.map((name, index) => `${name}="${escaped(values[index] ?? '')}"`).join(',');
    let cell = this.cells.get(labels);
    if (cell === undefined) this.cells.set(labels, (cell = this.make()));
    return cell;
  }

  /** Forgets every sample: for what is read anew at each scrape. */
  clear(): void {
    this.cells.clear();
  }

  render(): string {
    let text = `# HELP ${this.name} ${this.help}\n# TYPE ${this.name} ${this.type}\n`;
    for (const [labels, cell] of this.cells) text += this.samples(labels, cell);
    return text;
  }

  /** @param labels `name="value",…`, empty when there are none. */
  protected abstract samples(labels: string, cell: C): string;
}

/** A counter or gauge. */
export class NumberFamily extends LabelledFamily<Cell> {
  constructor(name: string, help: string, type: 'counter' | 'gauge', labelNames: readonly string[] = []) {
    super(name, help, type, labelNames, () => new Cell());
  }

  protected samples(labels: string, { value }: Cell): string {
    return labels === '' ? `${this.name} ${value}\n` : `${this.name}{${labels}} ${value}\n`;
  }
}

export class HistogramFamily extends LabelledFamily<HistogramCell> {
  /** @param bounds upper bounds of the buckets, ascending; `+Inf` is added. */
  constructor(
    name: string,
    help: string,
    labelNames: readonly string[],
    readonly bounds: readonly number[],
  ) {
    super(name, help, 'histogram', labelNames, () => new HistogramCell(bounds));
  }

  protected samples(labels: string, { counts, sum }: HistogramCell): string {
    const others = labels && `,${labels}`;
    let text = '';
    let total = 0;
    for (const [bucket, count] of counts.entries()) {
      total += count;
      text += `${this.name}_bucket{le="${this.bounds[bucket] ?? '+Inf'}"${others}} ${total}\n`;
    }
    const set = labels && `{${labels}}`;
    return `${text}${this.name}_sum${set} ${sum}\n${this.name}_count${set} ${total}\n`;
  }
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
