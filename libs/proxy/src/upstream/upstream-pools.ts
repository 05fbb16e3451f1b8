import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { UpstreamClient, type UpstreamHandler, type UpstreamRequest } from '#libs/plugin-api';
import { CoarseClock } from './coarse-clock.js';
import { UpstreamConnections } from './upstream-connections.js';
import { upstreamFailure } from './upstream-failure.js';
import { UpstreamTransfer } from './upstream-transfer.js';

/** Targets whose connections are kept; origins can come from templates, so their number must have a bound. */
const MAX_TARGETS = 256;

/** Requests to upstreams over connections that are kept alive. */
@Injectable()
export class UpstreamPools extends UpstreamClient implements OnApplicationShutdown {
  private readonly targets = new Map<string, UpstreamConnections>();
  private readonly clock = new CoarseClock();
  /** The target asked last, which mostly is the one asked next. */
  private latest: UpstreamConnections | undefined;

  /**
   * Sends a request. No callback runs before this method has returned.
   * @returns `abort` ends the request; the handler then gets an `UpstreamFailure` with the reason `aborted`
   */
  override dispatch(request: UpstreamRequest, handler: UpstreamHandler): { abort(): void } {
    let connections: UpstreamConnections;
    try {
      connections = this.connectionsOf(request);
    } catch (error) {
      process.nextTick(() => handler.onError(upstreamFailure('protocol', error as Error)));
      return { abort: () => {} };
    }
    const transfer = new UpstreamTransfer(request, handler, connections, connections.acquire(), this.clock);
    transfer.start(request);
    return transfer;
  }

  /** Closes what is idle. */
  close(): void {
    for (const connections of this.targets.values()) connections.close();
    this.targets.clear();
    this.latest = undefined;
  }

  onApplicationShutdown(): void {
    this.close();
  }

  private connectionsOf({ origin, connectTimeout, tlsVerify = true }: UpstreamRequest): UpstreamConnections {
    const last = this.latest?.target;
    if (last?.origin === origin && last.connectTimeout === connectTimeout && last.tlsVerify === tlsVerify) {
      return this.latest as UpstreamConnections;
    }
    const key = `${connectTimeout} ${tlsVerify} ${origin}`;
    let connections = this.targets.get(key);
    if (!connections) {
      connections = new UpstreamConnections({ origin, connectTimeout, tlsVerify });
      if (this.targets.size >= MAX_TARGETS) this.evict();
      this.targets.set(key, connections);
    }
    this.latest = connections;
    return connections;
  }

  /** The oldest target gives way; its requests under way go on. */
  private evict(): void {
    const [oldest] = this.targets;
    if (!oldest) return;
    const [key, connections] = oldest;
    connections.close();
    this.targets.delete(key);
  }
}
