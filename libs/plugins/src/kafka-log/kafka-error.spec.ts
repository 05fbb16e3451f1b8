import { describe, expect, it } from '@jest/globals';
import {
  KafkaJSConnectionError,
  KafkaJSNonRetriableError,
  KafkaJSNumberOfRetriesExceeded,
  KafkaJSProtocolError,
} from 'kafkajs';
import { sinkError } from './kafka-error.js';

const protocolError = (type: string) =>
  new KafkaJSProtocolError(Object.assign(new Error(`about ${type}`), { type, code: 1, retriable: false }));
const exceeded = (error: Error) => new KafkaJSNumberOfRetriesExceeded(error, { retryCount: 1, retryTime: 1 });

describe('sinkError', () => {
  it.each(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP'])(
    'takes %s for final, however deep it is wrapped',
    (type) => {
      const error = Object.assign(new KafkaJSNonRetriableError('given up'), { cause: exceeded(protocolError(type)) });
      expect(sinkError(error)).toMatchObject({ name: 'FinalSinkError', message: `Kafka: about ${type} (${type})` });
    },
  );

  it.each([
    'TOPIC_AUTHORIZATION_FAILED',
    'UNKNOWN_TOPIC_OR_PARTITION',
    'SASL_AUTHENTICATION_FAILED',
    'NOT_ENOUGH_REPLICAS',
  ])('has %s tried again, whatever kafkajs thinks of it', (type) => {
    expect(sinkError(protocolError(type))).toMatchObject({ name: 'Error', message: `Kafka: about ${type} (${type})` });
  });

  it('has everything else tried again, and tells of the root of it', () => {
    const refused = new KafkaJSConnectionError('Connection error: connect ECONNREFUSED', { broker: 'a:1' });
    expect(sinkError(exceeded(refused))).toMatchObject({
      name: 'Error',
      message: 'Kafka: Connection error: connect ECONNREFUSED',
    });
    expect(sinkError('odd')).toMatchObject({ name: 'Error', message: 'Kafka: odd' });
  });
});
