/** Grafana's units, as far as the dashboards use them: `formatted(0.25, 's')` is `250 ms`. */
export function formatted(value, unit = 'short') {
  switch (unit) {
    case 'percentunit':
      return `${rounded(value * 100)} %`;
    case 'currencyUSD':
      return value !== 0 && Math.abs(value) < 0.01 ? `$${value.toPrecision(2)}` : `$${shortened(value)}`;
    case 's':
      return duration(value);
    case 'ms':
      return duration(value / 1000);
    case 'bytes':
      return scaled(value, 1024, ['B', 'KiB', 'MiB', 'GiB']);
    case 'Bps':
      return scaled(value, 1000, ['B/s', 'kB/s', 'MB/s', 'GB/s']);
    case 'reqps':
      return `${rounded(value)} req/s`;
    case 'cps':
      return `${rounded(value)} /s`;
    default:
      return shortened(value);
  }
}

function duration(seconds) {
  if (seconds === 0) return '0 s';
  if (seconds < 1e-3) return `${rounded(seconds * 1e6)} µs`;
  if (seconds < 1) return `${rounded(seconds * 1e3)} ms`;
  return seconds < 120 ? `${rounded(seconds)} s` : `${rounded(seconds / 60)} min`;
}

const shortened = (value) => (Math.abs(value) < 1000 ? rounded(value) : scaled(value, 1000, ['', 'K', 'Mil', 'Bil']));

function scaled(value, base, names) {
  let power = 0;
  let rest = value;
  while (Math.abs(rest) >= base && power < names.length - 1) {
    rest /= base;
    power += 1;
  }
  return `${rounded(rest)} ${names[power]}`.trim();
}

const rounded = (value) => String(Number(Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)));
