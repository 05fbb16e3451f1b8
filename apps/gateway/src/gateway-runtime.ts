import { Injectable, Logger } from '@nestjs/common';
import { ConfigWatcher, formatFault, loadConfig, type ConfigFault, type ConfigSnapshot } from '#libs/config';
import { DeliveryService } from '#libs/delivery';
import type { Observer } from '#libs/plugin-api';
import { ProxyListener, Runtime, type PluginCatalogue } from '#libs/proxy';

/** What became of the last attempt to load the declarative files. */
export interface ConfigurationStatus {
  /** Of the configuration that runs. */
  readonly hash: string;
  readonly loadedAt: string;
  /** Faults of a newer version that was refused; the old one goes on. */
  readonly refused: { readonly at: string; readonly faults: readonly string[] } | undefined;
  readonly warnings: readonly string[];
}

export class InvalidConfiguration extends Error {
  constructor(readonly faults: readonly ConfigFault[]) {
    super(faults.map(formatFault).join('\n'));
    this.name = 'InvalidConfiguration';
  }
}

/**
 * Holds the configuration that runs and puts a new one in its place: whole or not at all, under traffic. Plugins of the old
 * one are closed when its last exchange is done.
 */
@Injectable()
export class GatewayRuntime {
  private readonly logger = new Logger('Configuration');
  private current: { snapshot: ConfigSnapshot; loadedAt: Date; release: () => Promise<void> } | undefined;
  private refused: ConfigurationStatus['refused'];
  private watcher: ConfigWatcher | undefined;
  private reloading: Promise<void> = Promise.resolve();
  private settings: { files: readonly string[]; catalogue: PluginCatalogue; env: NodeJS.ProcessEnv } | undefined;

  constructor(
    private readonly listener: ProxyListener,
    private readonly delivery: DeliveryService,
  ) {}

  get snapshot(): ConfigSnapshot | undefined {
    return this.current?.snapshot;
  }

  get status(): ConfigurationStatus | undefined {
    if (!this.current) return undefined;
    const { snapshot, loadedAt } = this.current;
    return {
      hash: snapshot.hash,
      loadedAt: loadedAt.toISOString(),
      refused: this.refused,
      warnings: snapshot.warnings.map(formatFault),
    };
  }

  /** @throws InvalidConfiguration when the files have a fault: nothing is started then. */
  async start(files: readonly string[], catalogue: PluginCatalogue, env: NodeJS.ProcessEnv): Promise<void> {
    this.settings = { files, catalogue, env };
    // Before the files are read, so that no change falls in between.
    this.watcher = new ConfigWatcher(files, () => void this.reload('a declarative file has changed'));
    const faults = await this.load();
    if (faults) {
      this.watcher.close();
      throw new InvalidConfiguration(faults);
    }
  }

  /** Loads the files again; a faulty version is logged and refused. Reloads wait for each other. */
  reload(reason: string): Promise<void> {
    this.reloading = this.reloading.then(() => this.replace(reason));
    return this.reloading;
  }

  private async replace(reason: string): Promise<void> {
    const faults = await this.load();
    if (!faults) {
      this.logger.log(`${reason}, the new configuration is in place`);
      return;
    }
    this.refused = { at: new Date().toISOString(), faults: faults.map(formatFault) };
    const listed = this.refused.faults.join('\n');
    this.logger.error(`${reason}, the new configuration is refused, the old one stays:\n${listed}`);
  }

  /**
   * Ends watching, has what is in line delivered and closes the plugins; to be called when the last exchange is done.
   * @param deadline milliseconds for the log sinks; what they do not take stays in the journal.
   */
  async stop(deadline: number): Promise<void> {
    this.watcher?.close();
    await this.reloading;
    await this.delivery.close(deadline);
    await this.current?.release();
  }

  /** @returns the faults that keep the configuration from running, or undefined when it runs. */
  private async load(): Promise<readonly ConfigFault[] | undefined> {
    const { files, catalogue, env } = this.settings ?? never();
    const { snapshot, faults } = await loadConfig(files, catalogue, env);
    if (!snapshot) return faults.filter(({ severity }) => severity === 'error');
    if (snapshot.hash === this.current?.snapshot.hash && this.refused === undefined) return undefined;
    for (const warning of snapshot.warnings) this.logger.warn(formatFault(warning));
    this.install(snapshot, catalogue);
    return undefined;
  }

  private install(snapshot: ConfigSnapshot, catalogue: PluginCatalogue): void {
    const runtime = new Runtime(snapshot, catalogue);
    for (const { entity, sink } of runtime.plugins.sinks) {
      this.delivery.attach(entity.id, sink, entity.instance_name ?? entity.name);
    }
    const previous = this.current;
    this.refused = undefined;
    this.current = {
      snapshot,
      loadedAt: new Date(),
      release: async () => {
        const { sinks, observers } = runtime.plugins;
        await Promise.all([
          ...sinks.map(({ entity, sink }) => this.delivery.detach(entity.id, sink)),
          ...observers.map((observer) => this.closeObserver(observer)),
        ]);
      },
    };
    const lastDone = this.listener.swap(runtime);
    if (previous) void lastDone.then(() => previous.release());
  }

  private async closeObserver(observer: Observer): Promise<void> {
    try {
      await observer.close?.();
    } catch (error) {
      this.logger.error(`an observer could not be closed: ${(error as Error).message}`);
    }
  }
}

function never(): never {
  throw new Error('the runtime has not been started');
}
