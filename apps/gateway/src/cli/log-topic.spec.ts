import { describe, expect, it } from '@jest/globals';
import { isTopic, topicAddress } from './log-topic.js';
import { Misuse } from './output.js';

describe('topicAddress', () => {
  it('reads brokers and topic', () => {
    expect(topicAddress('kafka://b1:9092,b2:19092/tide.gate_log-1')).toEqual({
      brokers: ['b1:9092', 'b2:19092'],
      topic: 'tide.gate_log-1',
    });
    expect(topicAddress('kafka://localhost/t').brokers).toEqual(['localhost:9092']);
    expect(topicAddress('kafka://[::1]:9093,[::1]/t').brokers).toEqual(['[::1]:9093', '[::1]:9092']);
  });

  it.each([
    'kafka://b:9092',
    'kafka:///t',
    'kafka://b:x/t',
    'kafka://b/t/u',
    'kafka://b/t?x',
    'kafka:b/t',
    'kafka://b,/t',
  ])('refuses %s', (source) => {
    expect(isTopic(source)).toBe(true);
    expect(() => topicAddress(source)).toThrow(Misuse);
  });

  it('says where credentials come from', () => {
    expect(() => topicAddress('kafka://ada:secret@b:9092/t')).toThrow(
      /^"kafka:\/\/…@b:9092\/t": .*sign-in are those of the kafka-log/,
    );
  });
});
