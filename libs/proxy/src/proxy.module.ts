import { Module, type DynamicModule, type ModuleMetadata } from '@nestjs/common';
import { UpstreamClient } from '#libs/plugin-api';
import { ProxyListener } from './listener.js';
import { PlainProxy } from './upstream/plain-proxy.js';
import { UpstreamPools } from './upstream/upstream-pools.js';

/**
 * The way of traffic through the gateway. The composition gives it modules that export `ProxyOptions`, `ProxyLog`,
 * `ExchangeEvents` and `Redaction`; it exports `ProxyListener` and `UpstreamClient`.
 */
@Module({})
export class ProxyModule {
  static register(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: ProxyModule,
      imports,
      providers: [UpstreamPools, { provide: UpstreamClient, useExisting: UpstreamPools }, PlainProxy, ProxyListener],
      exports: [ProxyListener, UpstreamClient],
    };
  }
}
