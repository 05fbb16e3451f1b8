import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Dispatcher } from 'undici';
import { UpstreamClient, UpstreamFailure, type UpstreamHandler, type UpstreamRequest } from '#libs/plugin-api';
import { UpstreamConnections, type UpstreamConnection } from './upstream-connections.js';
import { classifyFailure } from './upstream-failure.js';

/** Targets whose connections are kept; origins can come from templates, so their number must have a bound. */
const MAX_TARGETS = 256;

/** Requests to upstreams by undici, over connections that are kept alive. */
@Injectable()
export class UpstreamPools extends UpstreamClient implements OnApplicationShutdown {
  private readonly targets = new Map<string, UpstreamConnections>();
  /** The target asked last, which mostly is the one asked next. */
  private latest: UpstreamConnections | undefined;

  /**
   * Sends a request. No callback runs before this method has returned.
   * @returns `abort` ends the request; the handler then gets an `UpstreamFailure` with the reason `aborted`
   */
  override dispatch(request: UpstreamRequest, handler: UpstreamHandler): { abort(): void } {
    const connections = this.connectionsOf(request);
    let connection: UpstreamConnection;
    try {
      connection = connections.acquire();
    } catch (error) {
      // The origin is none.
      process.nextTick(() => handler.onError(classifyFailure(error as Error)));
      return { abort: () => {} };
    }
    const call = new UpstreamCall(request, handler, connections, connection);
    call.start();
    return call;
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
      if (this.targets.size >= MAX_TARGETS) this.evict();
      this.targets.set(key, (connections = new UpstreamConnections({ origin, connectTimeout, tlsVerify })));
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

/** One request under way: undici's handler on the one side, ours on the other. */
class UpstreamCall implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private starting = true;
  private settled = false;
  private paused = false;

  constructor(
    private readonly request: UpstreamRequest,
    private readonly handler: UpstreamHandler,
    private readonly connections: UpstreamConnections,
    private readonly connection: UpstreamConnection,
  ) {}

  start(): void {
    const { path, method, headers, body, headersTimeout, bodyTimeout } = this.request;
    this.connection.dispatch({ path, method, headers, body, headersTimeout, bodyTimeout }, this);
    this.starting = false;
  }

  abort(): void {
    if (this.settled) return;
    const failure = new UpstreamFailure('aborted', 'the request was given up');
    this.settle(false);
    this.controller?.abort(failure);
    process.nextTick(() => this.handler.onError(failure));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // An interim response says nothing about the one that follows.
    if (this.settled || status < 200) return;
    this.handler.onHeaders(status, headers, this.resume, this.connection.peer);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.settled) return;
    if (!this.handler.onData(chunk)) {
      this.paused = true;
      controller.pause();
    }
  }

  onResponseEnd(): void {
    if (this.settled) return;
    this.settle(true);
    this.handler.onComplete();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.starting) process.nextTick(() => this.fail(error));
    else this.fail(error);
  }

  private fail(error: Error): void {
    if (this.settled) return;
    this.settle(false);
    this.handler.onError(classifyFailure(error));
  }

  private readonly resume = (): void => {
    if (!this.paused || this.settled) return;
    this.paused = false;
    this.controller?.resume();
  };

  private settle(reusable: boolean): void {
    this.settled = true;
    this.connections.release(this.connection, reusable);
  }
}
