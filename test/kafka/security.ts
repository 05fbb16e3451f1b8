import { afterEach, describe, expect, it } from '@jest/globals';
import type { Sink } from '#libs/plugin-api';
import type { SelfSigned } from '../support/index.js';
import { entry, sinkOf } from '../sinks/support/plugin.js';
import type { KafkaBroker } from './broker/broker.mjs';
import { kafkaLog, sequenceNumbers, type Topics } from './support/topics.js';

export const USER = { user: 'gateway', password: 'correct horse' } as const;

/** Who may write: on a broker with users and certificates of its own. */
export function securityTests(own: () => { broker: KafkaBroker; topics: Topics; identity: SelfSigned }): void {
  const sinks: Sink[] = [];
  const sink = (address: string, topic: string, more: object): Sink => {
    const quick = { producer_request_retries_max_attempts: 1 };
    const made = sinkOf('kafka-log', kafkaLog([address], topic, { ...quick, ...more }));
    sinks.push(made);
    return made;
  };
  afterEach(async () => {
    for (const one of sinks.splice(0)) await one.close?.();
  });

  describe.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])('%s', (mechanism) => {
    const authentication = (password: string) => ({
      authentication: { strategy: 'sasl', mechanism, user: USER.user, password },
    });

    it('lets the gateway in', async () => {
      const { broker, topics } = own();
      const topic = await topics.create();
      await sink(broker.sasl, topic, authentication(USER.password)).write([entry(1)]);
      expect(sequenceNumbers(await topics.records(topic, 1))).toEqual([1]);
    });

    it('a refused password is worth another attempt, and never shown', async () => {
      const { broker, topics } = own();
      const failure: unknown = await sink(broker.sasl, topics.name(), authentication('wrong battery'))
        .write([entry(1)])
        .catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: 'Error', message: expect.stringMatching(/^Kafka: .*authentication/i) });
      expect(String(failure)).not.toContain('wrong battery');
    });
  });

  it('says that a broker wants no stranger', async () => {
    const { broker, topics } = own();
    await expect(
      sink(broker.sasl, topics.name(), { timeout: 2000, producer_request_timeout: 2000 }).write([entry(1)]),
    ).rejects.toThrow(/^Kafka: /);
  });

  describe('TLS', () => {
    it('is spoken with a broker whose authority is trusted', async () => {
      const { broker, topics, identity } = own();
      const topic = await topics.create();
      const security = { ssl: true, ca_certificate: identity.certificate };
      await sink(broker.tls, topic, { security }).write([entry(1)]);
      await sink(broker.tls, topic, { security: { ssl: true, ssl_verify: false } }).write([entry(2)]);
      expect(sequenceNumbers(await topics.records(topic, 2))).toEqual([1, 2]);
    });

    it('shows a certificate to a broker that wants to see one', async () => {
      const { broker, topics, identity } = own();
      const topic = await topics.create();
      const trust = { ssl: true, ca_certificate: identity.certificate };
      await expect(sink(broker.mutualTls, topic, { security: trust }).write([entry(1)])).rejects.toThrow(/^Kafka: /);
      const security = { ...trust, client_certificate: identity.certificate, client_private_key: identity.key };
      await sink(broker.mutualTls, topic, { security }).write([entry(2)]);
      expect(sequenceNumbers(await topics.records(topic, 1))).toEqual([2]);
    });

    it('is not spoken with another one', async () => {
      const { broker, topics } = own();
      await expect(sink(broker.tls, topics.name(), { security: { ssl: true } }).write([entry(1)])).rejects.toThrow(
        'self-signed certificate',
      );
    });
  });
}
