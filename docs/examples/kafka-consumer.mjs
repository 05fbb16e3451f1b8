// What every exchange has used, as it arrives. Needs kafkajs (npm install kafkajs), nothing of the gateway.
//
//   KAFKA_BROKERS=localhost:9092 node kafka-consumer.mjs claude
import { Kafka, logLevel } from 'kafkajs';

const [topic = 'claude'] = process.argv.slice(2);
const brokers = (process.env.KAFKA_BROKERS ?? 'localhost:9092').split(',');
const consumer = new Kafka({ clientId: 'usage-report', brokers, logLevel: logLevel.ERROR }).consumer({
  groupId: 'usage-report',
});

// Delivery is at least once: after a crash or a lost answer a record may come again, with the same id.
const seen = new Set();

await consumer.connect();
await consumer.subscribe({ topic, fromBeginning: true });
await consumer.run({
  eachMessage: async ({ message }) => {
    const id = message.headers['exchange-id'].toString();
    if (seen.has(id)) return;
    seen.add(id);
    const { agent, ai, exchange } = JSON.parse(message.value.toString());
    const session = agent?.session_id ?? '-';
    // An exchange that was refused has no `ai`; a price that is not known is null.
    const { total_tokens: tokens = 0, cost = null } = ai?.usage ?? {};
    console.log([session, exchange.outcome, ai?.meta.request_model ?? '-', tokens, cost ?? '?'].join('\t'));
  },
});

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => consumer.disconnect());
