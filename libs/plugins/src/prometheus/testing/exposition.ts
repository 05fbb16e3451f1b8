export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/s;
const NUMBER = /^(?:[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|inf)|nan)$/i;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/gy;

/** Reads Prometheus' text format strictly; throws at what it does not allow, and at a series that is there twice. */
export function parseExposition(text: string): Sample[] {
  const series = new Set<string>();
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  return text
    .slice(0, -1)
    .split('\n')
    .flatMap((line) => {
      if (line === '' || /^# (?:HELP|TYPE) \S+ ./.test(line)) return [];
      const [, name = '', labelText = '', value] = SAMPLE.exec(line) ?? [];
      if (value === undefined || !NUMBER.test(value)) throw new Error(`not a sample: ${line}`);
      if (series.has(`${name}{${labelText}`)) throw new Error(`twice: ${line}`);
      series.add(`${name}{${labelText}`);
      return [{ name, labels: parseLabels(labelText), value: Number(value) }];
    });
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let end = 0;
  for (const [all, name = '', value = ''] of text.matchAll(LABEL)) {
    labels[name] = value.replaceAll(/\\(.)/g, (_, escape: string) => (escape === 'n' ? '\n' : escape));
    end += all.length;
  }
  if (end !== text.length) throw new Error(`not labels: ${text}`);
  return labels;
}

/** The value of the one sample of this name that has these labels and no others. */
export function valueOf(text: string, name: string, labels: Record<string, string> = {}): number | undefined {
  const found = parseExposition(text).filter(
    (sample) =>
      sample.name === name &&
      Object.keys(sample.labels).length === Object.keys(labels).length &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  );
  return found[0]?.value;
}
