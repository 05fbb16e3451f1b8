import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import { DeliveryService } from '#libs/delivery';
import { LifecycleBus } from '#libs/lifecycle';
import type { GatewayPlugin, PluginClass } from '#libs/plugin-api';
import { ExportCounters, GatewayMetrics } from '#libs/plugins';
import { ProxyListener, type PluginCatalogue } from '#libs/proxy';
import { DataDirectory } from './data-directory.js';
import type { Environment } from './environment.js';
import { GatewayModule } from './gateway.module.js';
import { GatewayRuntime } from './gateway-runtime.js';
import { GatewayState } from './gateway-state.js';
import { pluginCatalog, type CatalogedPlugin } from './plugin-catalog.js';
import { listening } from './listen-error.js';
import { nestLog } from './process-log.js';
import { baseUrl, SideServers } from './side-servers.js';
import { version } from './version.js';

export interface GatewayAddresses {
  readonly proxy: string;
  readonly admin: string | undefined;
  readonly status: string;
}

/** A gateway that accepts traffic. */
export class Gateway {
  private stopping: Promise<void> | undefined;

  private constructor(
    readonly addresses: GatewayAddresses,
    private readonly app: NestFastifyApplication,
    private readonly sideServers: SideServers,
    private readonly environment: Environment,
    private readonly log: Logger,
  ) {}

  /**
   * Starts everything, the traffic port last.
   * @throws DataDirectoryError, PluginLoadError, InvalidConfiguration, ListenError; nothing goes on running then.
   */
  static async start(environment: Environment, env: NodeJS.ProcessEnv, log: Logger): Promise<Gateway> {
    const catalog = await pluginCatalog(environment.plugins);
    const dataDirectory = new DataDirectory(environment.dataDir);
    try {
      return await Gateway.compose(environment, env, log, catalog, dataDirectory);
    } catch (error) {
      dataDirectory.release();
      throw error;
    }
  }

  private static async compose(
    environment: Environment,
    env: NodeJS.ProcessEnv,
    log: Logger,
    catalog: ReadonlyMap<string, CatalogedPlugin>,
    dataDirectory: DataDirectory,
  ): Promise<Gateway> {
    const plugins = [...catalog.values()].map(({ type }) => type);
    const app = await NestFactory.create<NestFastifyApplication>(
      GatewayModule.of({ dataDirectory, journal: environment.journal, log, plugins }),
      new FastifyAdapter(),
      { logger: nestLog(log), abortOnError: false },
    );
    await app.init();
    const fastify = app.getHttpAdapter().getInstance();
    await fastify.ready();
    const sideServers = new SideServers((request, response) => fastify.routing(request, response));
    try {
      connectEvents(app, dataDirectory.nodeId);
      await app.get(GatewayRuntime).start(environment.configFiles, catalogue(app, catalog), env);
      const addresses = await listen(app, sideServers, environment);
      dataDirectory.announce(addresses.admin);
      return new Gateway(addresses, app, sideServers, environment, log);
    } catch (error) {
      await close(app, sideServers, 0);
      throw error;
    }
  }

  /** Reads the declarative files again and lets the log sinks open their files anew. */
  async reload(reason: string): Promise<void> {
    await this.app.get(GatewayRuntime).reload(reason);
    await this.app.get(DeliveryService).reopen();
  }

  /** Finishes running exchanges, flushes the sinks and closes every port. Resolves when all is done; later calls share it. */
  stop(): Promise<void> {
    return (this.stopping ??= this.drain());
  }

  private async drain(): Promise<void> {
    const listener = this.app.get(ProxyListener);
    const deadline = this.environment.drainSeconds * 1000;
    this.app.get(GatewayState).name = 'draining';
    listener.stopAccepting();
    const { interrupted } = await listener.drained(deadline);
    if (interrupted > 0) this.log.warn({ exchanges: interrupted }, 'exchanges were cut at the end of the drain time');
    await close(this.app, this.sideServers, deadline);
    this.app.get(DataDirectory).release();
  }
}

/** From now on metrics hear of every exchange. */
function connectEvents(app: NestFastifyApplication, nodeId: string): void {
  const metrics = app.get(GatewayMetrics);
  const delivery = app.get(DeliveryService);
  const bus = app.get(LifecycleBus);
  metrics.setNode(nodeId, version);
  metrics.watchSinks(delivery);
  metrics.watchJournal(delivery);
  metrics.watchExports(app.get(ExportCounters));
  metrics.watchServer({
    serverStatus: () => ({
      ...app.get(ProxyListener).statistics(),
      configurationRefused: app.get(GatewayRuntime).status?.refused !== undefined,
    }),
  });
  bus.observe((event) => metrics.observe(event), 'metrics');
}

/** Opens the ports, the one for traffic last. @throws ListenError */
async function listen(
  app: NestFastifyApplication,
  sideServers: SideServers,
  { adminListen, statusListen, proxyListen }: Environment,
): Promise<GatewayAddresses> {
  const admin =
    adminListen === 'off'
      ? undefined
      : await listening('TIDEGATE_ADMIN_LISTEN', adminListen, sideServers.admin(adminListen));
  const status = await listening('TIDEGATE_STATUS_LISTEN', statusListen, sideServers.status(statusListen));
  const bound = await listening('TIDEGATE_PROXY_LISTEN', proxyListen, app.get(ProxyListener).listen(proxyListen));
  app.get(GatewayState).name = 'ready';
  return { proxy: baseUrl(bound), admin, status };
}

/** @param deadline milliseconds for the log sinks */
async function close(app: NestFastifyApplication, sideServers: SideServers, deadline: number): Promise<void> {
  await app.get(ProxyListener).close();
  await app.get(GatewayRuntime).stop(deadline);
  await sideServers.close();
  await app.close();
}

function catalogue(app: NestFastifyApplication, catalog: ReadonlyMap<string, CatalogedPlugin>): PluginCatalogue {
  return new Map(
    [...catalog].map(([name, { type, metadata, check }]) => [
      name,
      { metadata, check, instance: app.get<PluginClass, GatewayPlugin>(type) },
    ]),
  );
}
