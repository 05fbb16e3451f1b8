// A whole plugin in one file. Load it with TIDEGATE_PLUGINS=./slow-exchanges.plugin.js and use it like any other:
//
//   plugins:
//     - name: slow-exchanges
//       config: { path: /tmp/slow.jsonl, threshold: 2000, header: x-team }
import { appendFile } from 'node:fs/promises';
import { GatewayError, Plugin, z } from 'tidegate/plugin-api';

class SlowExchangesPlugin {
  // In the request path: sees every exchange of its scope before the plugins with a lower priority.
  handler(config) {
    return async (exchange, next) => {
      if (config.header && exchange.request.headers[config.header] === undefined) {
        throw new GatewayError('forbidden', { detail: `send the header ${config.header}` });
      }
      exchange.response.setHeader('x-slow-threshold', String(config.threshold));
      await next();
    };
  }

  // A durable destination: gets the finished records, in order, again and again until a write succeeds.
  sink(config) {
    return {
      async write(batch) {
        const slow = batch.filter(({ record }) => record.latencies.request >= config.threshold);
        if (slow.length > 0) await appendFile(config.path, slow.map(({ json }) => `${json}\n`).join(''));
      },
    };
  }

  // Live: sees what happens while it happens, synchronously. Cheap work only; what must not be lost belongs into the sink.
  observer(config) {
    return (event) => {
      const { exchange, at } = event;
      if (event.type === 'response.first_content' && at - exchange.startedMono >= config.threshold) {
        console.error(JSON.stringify({ slow: exchange.id, route: exchange.route?.name }));
      }
    };
  }
}

export default Plugin({
  name: 'slow-exchanges',
  // Above ai-proxy (770): the header is looked at before anything is sent to a provider.
  priority: 800,
  config: z.strictObject({
    path: z.string().min(1).describe('File for the slow exchanges, one JSON line each'),
    threshold: z.int().min(0).default(1000).describe('Milliseconds'),
    header: z.string().toLowerCase().optional().describe('Header that every request must carry'),
  }),
})(SlowExchangesPlugin);
