import { Global, Module, type DynamicModule, type Type } from '@nestjs/common';
import type { Logger } from 'pino';
import { DeliveryOptions, DeliveryService } from '#libs/delivery';
import { encodeRecord, ExchangeRecorder, LifecycleBus, scrubText, SecretRedaction } from '#libs/lifecycle';
import { GatewayKeys, type PluginClass } from '#libs/plugin-api';
import { GatewayMetrics, KongMetrics } from '#libs/plugins';
import { ExchangeEvents, ProxyLog, ProxyModule, ProxyOptions, Redaction } from '#libs/proxy';
import { AdminController } from './admin.controller.js';
import { DataDirectory } from './data-directory.js';
import { GatewayRuntime } from './gateway-runtime.js';
import { GatewayState } from './gateway-state.js';
import { StatusController } from './status.controller.js';
import { version } from './version.js';

export interface GatewayParts {
  readonly dataDirectory: DataDirectory;
  readonly log: Logger;
  readonly plugins: readonly PluginClass[];
}

/** What every room asks for by injection. */
@Global()
@Module({})
class CoreModule {
  static of({ dataDirectory, log }: GatewayParts): DynamicModule {
    const providers = [
      { provide: DataDirectory, useValue: dataDirectory },
      { provide: GatewayKeys, useValue: dataDirectory },
      { provide: ProxyLog, useValue: log.child({ context: 'Proxy' }) },
      { provide: ProxyOptions, useValue: { version } satisfies ProxyOptions },
      { provide: Redaction, useClass: SecretRedaction },
      {
        provide: ExchangeEvents,
        useFactory: (bus: LifecycleBus, delivery: DeliveryService) =>
          new ExchangeRecorder(bus, delivery, dataDirectory.nodeId),
        inject: [LifecycleBus, DeliveryService],
      },
      LifecycleBus,
      { provide: DeliveryOptions, useValue: { encode: encodeRecord, scrub: scrubText } satisfies DeliveryOptions },
      DeliveryService,
      GatewayMetrics,
      KongMetrics,
    ];
    return { module: CoreModule, providers, exports: providers };
  }
}

/** The composition: proxy, lifecycle, delivery, plugins, and the pages that tell about them. */
@Module({})
export class GatewayModule {
  static of(parts: GatewayParts): DynamicModule {
    return {
      module: GatewayModule,
      imports: [CoreModule.of(parts), ProxyModule.register([])],
      providers: [GatewayRuntime, GatewayState, ...(parts.plugins as Type[])],
      controllers: [StatusController, AdminController],
    };
  }
}
