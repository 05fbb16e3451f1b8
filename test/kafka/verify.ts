import { expect, it } from '@jest/globals';
import { howToConfig, post } from '../support/index.js';
import { tidegate } from '../gateway/command.js';
import { CLAUDE_CODE, question, Stage } from '../gateway/stage.js';
import { kafkaLog, type Topics } from './support/topics.js';

/** `tidegate verify` and `tidegate usage` on a topic of whatever brokers. */
export function verifyTests(topics: () => Topics): void {
  it('a topic is proven to have every record, and its sums are told', async () => {
    const { brokers } = topics();
    const topic = await topics().create();
    const plugins = [{ name: 'kafka-log', config: kafkaLog(brokers, topic, { producer_async_flush_timeout: 20 }) }];
    const stage = await Stage.open({ config: (place) => howToConfig({ ...place, plugins }) });
    for (let sent = 0; sent < 20; sent++) {
      await post(`${stage.gateway.proxy}/anything/v1/messages`, question(), CLAUDE_CODE);
    }
    await topics().records(topic, 20);
    await stage.close();

    const address = `kafka://${brokers.join(',')}/${topic}`;
    const verified = await tidegate(['verify', address, '--json']);
    expect(JSON.parse(verified.stdout)).toMatchObject({
      complete: true,
      files: [address],
      nodes: [{ first: 1, last: 20, records: 20, missing: 0, conflicting: 0 }],
    });
    expect(verified.code).toBe(0);
    const { promptTokens, completionTokens } = stage.openai.bill.total;
    const summed = await tidegate(['usage', address, '--json']);
    expect(JSON.parse(summed.stdout)).toMatchObject({
      total: { exchanges: 20, input_tokens: promptTokens, output_tokens: completionTokens },
    });
  });

  it('a topic that is missing is told, and proves nothing', async () => {
    const { brokers } = topics();
    const { code, stdout } = await tidegate(['verify', `kafka://${brokers.join(',')}/no-such-topic`]);
    expect(stdout).toContain('no-such-topic: ');
    expect(code).toBe(1);
  });
}
