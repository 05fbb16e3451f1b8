import { Logger } from '@nestjs/common';
import { GatewayNode, Plugin, type GatewayPlugin, type Observer } from '#libs/plugin-api';
import { ExchangeTelemetry } from './exchange-telemetry.js';
import { ExportCounters } from './export/export-counters.js';
import { ExportLog } from './export/export-log.js';
import { checkOpentelemetryConfig, opentelemetryConfig, type OpentelemetryConfig } from './opentelemetry.config.js';
import { hasDestination, telemetrySettings } from './telemetry-settings.js';

/** Traces, metrics and log records of the exchanges in its scope by OTLP. */
@Plugin({ name: 'opentelemetry', priority: 14, config: opentelemetryConfig })
export class OpentelemetryPlugin implements GatewayPlugin<OpentelemetryConfig> {
  private readonly logger = new Logger('OpenTelemetry');

  constructor(
    private readonly node: GatewayNode,
    private readonly counters: ExportCounters,
  ) {}

  observer(config: OpentelemetryConfig): Observer {
    const settings = telemetrySettings(config, process.env);
    this.counters.show();
    const telemetry = new ExchangeTelemetry(config, settings, async () => {
      // OpenTelemetry takes longer to load than the rest of the gateway: only where it is used.
      const { Telemetry } = await import('./telemetry.js');
      return new Telemetry(config, settings, this.node, this.counters, new ExportLog(this.logger));
    });
    telemetry.ready.catch((error: unknown) => this.logger.error(`nothing is sent: ${(error as Error).message}`));
    return Object.assign(telemetry.observe, { close: () => telemetry.close() });
  }

  check(config: OpentelemetryConfig): { path: (string | number)[]; message: string }[] {
    const problems = checkOpentelemetryConfig(config);
    try {
      if (!hasDestination(config, process.env)) {
        const message =
          'says nowhere to send to: set traces_endpoint, logs_endpoint or metrics.endpoint, or the variable OTEL_EXPORTER_OTLP_ENDPOINT';
        problems.push({ path: [], message });
      }
    } catch (error) {
      problems.push({ path: [], message: (error as Error).message });
    }
    return problems;
  }
}
