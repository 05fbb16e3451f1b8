import type { StoredRecord } from './read-log.js';

/** What a report can be grouped by. */
export const DIMENSIONS = [
  'day',
  'hour',
  'model',
  'session',
  'route',
  'client',
  'class',
  'agent',
  'user',
  'outcome',
] as const;

export type Dimension = (typeof DIMENSIONS)[number];

/** Shown where a record does not tell. */
export const UNKNOWN_KEY = '–';

/** The value of each dimension; day and hour are those of the process's time zone. */
export class DimensionReader {
  /** Records come in order, mostly: the last quarter of an hour is most often the right one. Time zones differ by quarters. */
  private quarter = -1;
  private hour = '';

  of(record: StoredRecord, dimension: Dimension): string {
    const { ai, agent, route, exchange } = record;
    switch (dimension) {
      case 'day':
        return this.hourOf(record.started_at).slice(0, 10);
      case 'hour':
        return this.hourOf(record.started_at);
      case 'model':
        return text(ai?.meta?.request_model);
      case 'session':
        return text(agent?.session_id);
      case 'route':
        return text(route?.name ?? route?.id);
      case 'client':
        return clientOf(agent?.client, agent?.client_version);
      case 'class':
        return text(agent?.request_class);
      case 'agent':
        return text(agent?.agent_id ?? (agent?.session_id === undefined ? undefined : 'main'));
      case 'user':
        return text(agent?.user_hash);
      default:
        return text(exchange.outcome);
    }
  }

  /** `2026-11-28 14:00` */
  private hourOf(startedAt: number): string {
    const quarter = Math.floor(startedAt / 900_000);
    if (quarter !== this.quarter) {
      this.quarter = quarter;
      this.hour = `${localDay(startedAt)} ${two(new Date(startedAt).getHours())}:00`;
    }
    return this.hour;
  }
}

/** `2026-11-28`, in the process's time zone. */
export function localDay(milliseconds: number): string {
  const date = new Date(milliseconds);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

const two = (number: number): string => String(number).padStart(2, '0');

function clientOf(client: unknown, version: unknown): string {
  return typeof version === 'string' ? `${text(client)} ${version}` : text(client);
}

function text(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : UNKNOWN_KEY;
}
