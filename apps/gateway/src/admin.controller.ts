import { hostname } from 'node:os';
import { Controller, Get } from '@nestjs/common';
import type { ConfigSnapshot } from '#libs/config';
import { DataDirectory } from './data-directory.js';
import { GatewayRuntime } from './gateway-runtime.js';
import { maskSecrets } from './mask-secrets.js';
import { version } from './version.js';

/** One of Kong’s lists; there is one page. */
interface EntityList {
  readonly data: readonly unknown[];
  readonly next: null;
}

/** What runs, in the shapes of Kong’s Admin API; read only: the configuration is the declarative files. */
@Controller()
export class AdminController {
  constructor(
    private readonly runtime: GatewayRuntime,
    private readonly dataDirectory: DataDirectory,
  ) {}

  @Get()
  root(): object {
    return {
      version,
      tagline: 'Welcome to tidegate',
      hostname: hostname(),
      node_id: this.dataDirectory.nodeId,
      configuration: { database: 'off' },
      plugins: { enabled_in_cluster: [...new Set(this.snapshot?.plugins.map(({ name }) => name))] },
    };
  }

  @Get('services')
  services(): EntityList {
    return list(this.snapshot?.services);
  }

  @Get('routes')
  routes(): EntityList {
    return list(this.snapshot?.routes);
  }

  @Get('consumers')
  consumers(): EntityList {
    return list(this.snapshot?.consumers);
  }

  @Get('upstreams')
  upstreams(): EntityList {
    return list(this.snapshot?.upstreams);
  }

  @Get('plugins')
  plugins(): EntityList {
    return list(this.snapshot?.plugins.map((plugin) => ({ ...plugin, config: maskSecrets(plugin.config) })));
  }

  private get snapshot(): ConfigSnapshot | undefined {
    return this.runtime.snapshot;
  }
}

function list(entities: readonly unknown[] = []): EntityList {
  return { data: entities, next: null };
}
