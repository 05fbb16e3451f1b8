import type { HrTime } from '@opentelemetry/api';
import type { ExchangeView } from '#libs/plugin-api';

/** A moment of an exchange, `performance.now()`, as seconds and nanoseconds since 1970. */
export function timeOf(
  { startedAt, startedMono }: Pick<ExchangeView, 'startedAt' | 'startedMono'>,
  mono: number,
): HrTime {
  const milliseconds = startedAt + (mono - startedMono);
  const seconds = Math.floor(milliseconds / 1000);
  return [seconds, Math.min(999_999_999, Math.round((milliseconds - seconds * 1000) * 1e6))];
}
