import { Global, Module, type DynamicModule, type Type } from '@nestjs/common';
import type { Logger } from 'pino';
import { DeadLetters, DeliveryOptions, DeliveryService, DiskJournal } from '#libs/delivery';
import { encodeRecord, ExchangeRecorder, LifecycleBus, scrubText, SecretRedaction } from '#libs/lifecycle';
import { GatewayKeys, GatewayNode, type PluginClass } from '#libs/plugin-api';
import { ExportCounters, GatewayMetrics, KongMetrics } from '#libs/plugins';
import { ExchangeEvents, ProxyLog, ProxyModule, ProxyOptions, Redaction } from '#libs/proxy';
import { AdminController } from './admin.controller.js';
import { DataDirectory } from './data-directory.js';
import type { Environment } from './environment.js';
import { DeadLettersController } from './dead-letters.controller.js';
import { GatewayRuntime } from './gateway-runtime.js';
import { GatewayState } from './gateway-state.js';
import { openDeadLetters, openJournal } from './records-on-disk.js';
import { StatusController } from './status.controller.js';
import { version } from './version.js';

export interface GatewayParts {
  readonly dataDirectory: DataDirectory;
  readonly journal: Environment['journal'];
  readonly log: Logger;
  readonly plugins: readonly PluginClass[];
}

/** What every room asks for by injection. */
@Global()
@Module({})
class CoreModule {
  static of({ dataDirectory, journal: settings, log }: GatewayParts): DynamicModule {
    const providers = [
      { provide: DataDirectory, useValue: dataDirectory },
      { provide: GatewayKeys, useValue: dataDirectory },
      { provide: GatewayNode, useValue: { id: dataDirectory.nodeId, version } satisfies GatewayNode },
      { provide: ProxyLog, useValue: log.child({ context: 'Proxy' }) },
      { provide: DiskJournal, useFactory: () => openJournal(dataDirectory, settings) },
      { provide: DeadLetters, useFactory: () => openDeadLetters(dataDirectory) },
      {
        provide: ProxyOptions,
        useFactory: ({ lastSeq }: DiskJournal): ProxyOptions => ({ version, lastSeq }),
        inject: [DiskJournal],
      },
      { provide: Redaction, useClass: SecretRedaction },
      {
        provide: ExchangeEvents,
        useFactory: (bus: LifecycleBus, delivery: DeliveryService) =>
          new ExchangeRecorder(bus, delivery, dataDirectory.nodeId),
        inject: [LifecycleBus, DeliveryService],
      },
      LifecycleBus,
      {
        provide: DeliveryOptions,
        useFactory: (journal: DiskJournal, deadLetters: DeadLetters): DeliveryOptions => ({
          journal,
          deadLetters,
          encode: encodeRecord,
          scrub: (text) => scrubText(text),
        }),
        inject: [DiskJournal, DeadLetters],
      },
      DeliveryService,
      GatewayMetrics,
      KongMetrics,
      ExportCounters,
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
      controllers: [StatusController, AdminController, DeadLettersController],
    };
  }
}
