import { parseRecord, type LogListener } from '#libs/reports';
import { Misuse } from './output.js';

/** `kafka://broker:9092,another/topic` */
const TOPIC = /^kafka:\/\/([^/?#]+)\/([A-Za-z0-9._-]{1,249})$/;
const BROKER = /^(?:\[[0-9a-fA-F:]+\]|[^\s:@[\]]+)(?::\d{1,5})?$/;
const PORT = 9092;

export const isTopic = (source: string): boolean => source.startsWith('kafka:');

export interface TopicAddress {
  /** `host:port` */
  readonly brokers: readonly string[];
  readonly topic: string;
}

/** @throws Misuse */
export function topicAddress(source: string): TopicAddress {
  const [, brokers = '', topic = ''] = TOPIC.exec(source) ?? [];
  const list = brokers.split(',');
  if (!list.every((broker) => BROKER.test(broker))) {
    const signIn = source.includes('@') ? '; TLS and sign-in are those of the kafka-log that names the broker' : '';
    const shown = JSON.stringify(source.replace(/\/\/.*@/, '//…@'));
    throw new Misuse(`${shown}: expected kafka://HOST:PORT[,HOST:PORT]/TOPIC${signIn}`);
  }
  return { brokers: list.map((broker) => (/:\d+$/.test(broker) ? broker : `${broker}:${PORT}`)), topic };
}

/**
 * Reads the records of a topic, from its beginning to the end that it has now. Like `readLog`, it never fails: what is no record is told as
 * a fault, with its offset in place of a line, and so is a topic that cannot be read.
 */
export async function readLogTopic(source: string, listener: LogListener, env: NodeJS.ProcessEnv): Promise<void> {
  const { brokers, topic } = topicAddress(source);
  const [{ configuredTarget }, { readTopic }] = await Promise.all([
    import('./configured-logs.js'),
    import('#libs/plugins'),
  ]);
  const target = await configuredTarget(brokers, env);
  try {
    for await (const { partition, offset, value } of readTopic(target, topic)) {
      listener.onRead?.(value.length);
      const record = parseRecord(value);
      if (typeof record === 'object') listener.onRecord(record);
      else {
        const kind = record === 'torn' ? 'torn' : 'foreign';
        listener.onFault({ kind, file: `${topic}[${partition}]`, line: Number(offset), detail: '' });
      }
    }
  } catch (error) {
    listener.onFault({ kind: 'unreadable', file: source, line: undefined, detail: (error as Error).message });
  }
}
