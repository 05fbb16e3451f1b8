/** `npm run kafka`: a broker for developers on 127.0.0.1:9092, without data from before. Ctrl-C ends it. */
import { KafkaBroker } from './broker.mjs';
import { whatIsMissing } from './jars.mjs';

const missing = whatIsMissing();
if (missing !== undefined) {
  console.error(`kafka: ${missing}`);
  process.exit(1);
}
const port = Number(process.env['KAFKA_PORT'] ?? 9092);
const broker = await KafkaBroker.start({ ports: { plain: port } });
console.log(
  `kafka: ready on ${broker.plain}; topics are made when they are first used. Ctrl-C ends it and removes its data.`,
);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => void broker.stop().then(() => process.exit(0)));
}
