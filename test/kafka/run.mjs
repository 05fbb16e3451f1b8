/**
 * `npm run test:kafka`: kafka-log against a real Apache Kafka broker. Arguments go to jest. Ends with the line `N passed, N failed`, and
 * `, N skipped` when this machine cannot start a broker. `KAFKA_BROKERS=host:port,…` has what needs no broker of its own run against those.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureReady, ROOT } from '../../tools/setup.mjs';
import { brokerJars, whatIsMissing } from './broker/jars.mjs';

ensureReady();
const missing = whatIsMissing();
if (missing === undefined) brokerJars();
else console.log(`what needs a broker of its own is skipped: ${missing}`);
const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
const config = join(ROOT, 'test/kafka/jest.kafka.config.mjs');
const { status } = spawnSync(process.execPath, [...flags, jest, '--config', config, ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: ['ignore', 'inherit', 'inherit'],
});
process.exit(status ?? 1);
