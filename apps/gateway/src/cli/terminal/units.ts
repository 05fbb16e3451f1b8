const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** `1,234` */
export function count(value: number): string {
  return whole.format(value);
}

const SCALES = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
] as const;

/** `987`, `12.3k`, `4.56M`: three digits. */
export function amount(value: number): string {
  for (const [index, [scale, unit]] of SCALES.entries()) {
    const scaled = value / scale;
    if (scaled < 0.9995) continue;
    // 999.96k rounds to the next unit.
    const larger = SCALES[index - 1];
    if (scaled >= 999.5 && larger) return `${(value / larger[0]).toFixed(2)}${larger[1]}`;
    return `${scaled.toFixed(scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2)}${unit}`;
  }
  return String(Math.round(value));
}

/** `1.00 MB`: powers of ten, as disks count. */
export function bytes(value: number): string {
  return `${amount(value).replace(/[kMGT]$/, ' $&')}${value < 999.5 ? ' ' : ''}B`;
}

/** USD. `$0.0012` where cents would hide it. */
export function money(value: number): string {
  if (value === 0) return '$0';
  if (value < 0.000_05) return '<$0.0001';
  if (value < 0.995) return `$${value.toFixed(4)}`;
  return `$${new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(value)}`;
}

/** `12%`, `0.4%` */
export function percent(part: number): string {
  const value = part * 100;
  if (value === 0 || value >= 9.95) return `${value.toFixed(0)}%`;
  return value < 0.05 ? '<0.1%' : `${value.toFixed(1)}%`;
}

/** Milliseconds: `85 ms`, `2.31 s`, `3 min 20 s` */
export function duration(milliseconds: number): string {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 99.5) return `${seconds.toFixed(seconds < 9.995 ? 2 : 1)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  return `${minutes} min ${Math.round(seconds) - minutes * 60} s`;
}

/** `2026-11-28 14:05`, in the process's time zone. */
export function moment(milliseconds: number): string {
  const date = new Date(milliseconds);
  const two = (number: number): string => String(number).padStart(2, '0');
  return (
    `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
    `${two(date.getHours())}:${two(date.getMinutes())}`
  );
}
