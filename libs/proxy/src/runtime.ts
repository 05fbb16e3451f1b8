import type { RuntimeConfig } from './runtime-config.js';
import { PluginRegistry, type PluginCatalogue } from './chain/plugin-registry.js';
import { Router } from './routing/router.js';

/**
 * A configuration snapshot at work: router and prepared plugins. Immutable; a reload makes a new one, and an exchange keeps the
 * one it has started with.
 */
export class Runtime {
  readonly router: Router;
  readonly plugins: PluginRegistry;
  private running = 0;
  private retired = false;
  private onIdle: (() => void) | undefined;

  /** @throws Error that says which entry cannot work; nothing is left open then. */
  constructor(config: RuntimeConfig, catalogue: PluginCatalogue) {
    this.router = new Router(config.routes, config.services);
    this.plugins = new PluginRegistry(config, catalogue);
  }

  /** An exchange starts with this runtime. */
  acquire(): void {
    this.running += 1;
  }

  /** That exchange has finished. */
  release(): void {
    this.running -= 1;
    if (this.retired && this.running === 0) this.onIdle?.();
  }

  /** Resolves when the last exchange is done; none may start with this runtime any more. */
  retire(): Promise<void> {
    this.retired = true;
    if (this.running === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.onIdle = resolve;
    });
  }
}

/** A runtime without routes: every request gets 404. */
export function emptyRuntime(): Runtime {
  return new Runtime({ services: [], routes: [], consumers: [], plugins: [], unready: new Map() }, new Map());
}
