import {
  Plugin,
  queueDelivery,
  type GatewayPlugin,
  type Sink,
  type SinkDelivery,
  type SinkEntry,
} from '#libs/plugin-api';
import { jsonArray, pemProblems, recordJson } from '#libs/sinks';
import { HttpEndpoint } from './http-endpoint.js';
import { httpLogConfig, type HttpLogConfig } from './http-log.config.js';

/** Kong's http-log: records as the body of HTTP requests. */
@Plugin({ name: 'http-log', priority: 12, config: httpLogConfig })
export class HttpLogPlugin implements GatewayPlugin<HttpLogConfig> {
  sink(config: HttpLogConfig): Sink {
    return new HttpSink(config);
  }

  check({ ca_certificate }: HttpLogConfig): ReturnType<typeof pemProblems> {
    return pemProblems(ca_certificate, ['ca_certificate']);
  }
}

class HttpSink implements Sink {
  readonly delivery: SinkDelivery;
  private readonly endpoint: HttpEndpoint;

  constructor(private readonly config: HttpLogConfig) {
    const { queue, queue_size, flush_timeout } = config;
    this.delivery = queueDelivery({
      ...queue,
      max_batch_size: queue_size ?? queue.max_batch_size,
      max_coalescing_delay: flush_timeout ?? queue.max_coalescing_delay,
    });
    this.endpoint = new HttpEndpoint(config, this.delivery.concurrency);
  }

  async write(batch: readonly SinkEntry[]): Promise<void> {
    await this.endpoint.send(this.body(batch));
  }

  close(): Promise<void> {
    return this.endpoint.close();
  }

  /** One object when the queue makes no batches, a list otherwise, as Kong has it. */
  private body(batch: readonly SinkEntry[]): Buffer {
    const fields = this.config.custom_fields_by_lua;
    const [only] = batch;
    if (this.delivery.maxBatch === 1 && only) return recordJson(only, fields);
    return jsonArray(batch, fields);
  }
}
