import { afterAll, afterEach, beforeAll, describe } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { selfSigned, stopGateways } from '../support/index.js';
import { KafkaBroker } from './broker/broker.mjs';
import { whatIsMissing } from './broker/jars.mjs';
import { contentTests } from './content.js';
import { faultTests, type OwnBroker } from './faults.js';
import { securityTests, USER } from './security.js';
import { ForwardingProxy } from './support/forwarding-proxy.js';
import { Topics } from './support/topics.js';
import { verifyTests } from './verify.js';

const missing = whatIsMissing();
const others = process.env['KAFKA_BROKERS']?.split(',');
let own: OwnBroker | undefined;
let elsewhere: Topics | undefined;

beforeAll(async () => {
  // kafkajs tells of each failure that the tests bring about.
  Logger.overrideLogger(false);
  if (others) elsewhere = await Topics.at(others);
  if (missing === undefined) own = await startOwn();
});
afterEach(stopGateways);
afterAll(async () => {
  try {
    await elsewhere?.close();
    await own?.topics.close();
    await own?.proxy.close();
  } finally {
    await own?.broker.stop();
  }
});

async function startOwn(): Promise<OwnBroker> {
  const identity = selfSigned();
  const proxy = await ForwardingProxy.start();
  const broker = await KafkaBroker.start({
    sasl: USER,
    tls: identity,
    proxiedAs: proxy.address,
    // The tests make the topics that they want.
    properties: {
      'auto.create.topics.enable': 'false',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found': 'true',
    },
  });
  proxy.target = broker.proxied;
  return { broker, proxy, identity, topics: await Topics.at([broker.plain]) };
}

function mine(): OwnBroker {
  if (!own) throw new Error('there is no broker of its own');
  return own;
}

(others || missing === undefined ? describe : describe.skip)(`what a topic holds${reason()}`, () => {
  contentTests(() => elsewhere ?? mine().topics);
  verifyTests(() => elsewhere ?? mine().topics);
});
(missing === undefined ? describe : describe.skip)(`who may write${reason()}`, () => securityTests(mine));
(missing === undefined ? describe : describe.skip)(`what goes wrong${reason()}`, () => faultTests(mine));

function reason(): string {
  return missing === undefined ? '' : ` (${missing})`;
}
