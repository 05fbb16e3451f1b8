import { Controller, Get, Header, HttpException } from '@nestjs/common';
import { DeliveryService } from '#libs/delivery';
import { GatewayMetrics, METRICS_CONTENT_TYPE } from '#libs/plugins';
import { ProxyListener } from '#libs/proxy';
import { GatewayRuntime } from './gateway-runtime.js';
import { GatewayState } from './gateway-state.js';
import { version } from './version.js';

/** Health and metrics, on the status port and on the admin port. */
@Controller()
export class StatusController {
  constructor(
    private readonly state: GatewayState,
    private readonly runtime: GatewayRuntime,
    private readonly listener: ProxyListener,
    private readonly delivery: DeliveryService,
    private readonly metrics: GatewayMetrics,
  ) {}

  @Get('status')
  status(): object {
    const { connections, active, total, pluginErrors } = this.listener.statistics();
    const { status } = this.runtime;
    return {
      version,
      state: this.state.name,
      server: { connections_active: connections, exchanges_active: active, total_requests: total },
      memory: { rss_bytes: process.memoryUsage.rss() },
      configuration_hash: status?.hash,
      configuration: status,
      sinks: this.delivery.status(),
      journal: this.delivery.journalStatus(),
      plugin_errors: Object.fromEntries(pluginErrors),
    };
  }

  @Get('status/live')
  live(): object {
    return { message: 'live' };
  }

  @Get('status/ready')
  ready(): object {
    if (this.state.name !== 'ready') throw new HttpException({ message: this.state.name }, 503);
    return { message: 'ready' };
  }

  @Get('metrics')
  @Header('content-type', METRICS_CONTENT_TYPE)
  render(): Promise<string> {
    return this.metrics.render();
  }
}
