import 'reflect-metadata';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';
import { Global, Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type {
  ExchangeMoment,
  GatewayError,
  GatewayPlugin,
  Handler,
  HeaderMap,
  LogRecord,
  RouteEntity,
  ServiceEntity,
} from '#libs/plugin-api';
import {
  ExchangeEvents,
  ProxyListener,
  ProxyLog,
  ProxyModule,
  ProxyOptions,
  Redaction,
  Runtime,
  type ExchangeResult,
  type ObservedExchange,
} from '#libs/proxy';
import { installed, plugin, route, service } from '../../libs/proxy/src/testing/entities.js';
import { eventually } from '../support/index.js';

export { consumer, plugin, route, service } from '../../libs/proxy/src/testing/entities.js';

/** A finished exchange as `ExchangeEvents` was told of it. */
export interface Finished {
  readonly exchange: ObservedExchange;
  readonly result: ExchangeResult;
}

class Recorder extends ExchangeEvents {
  readonly told: { type: string; id: string }[] = [];
  readonly finishedOnes: Finished[] = [];
  onFinished: (() => void) | undefined;
  /** Told of every exchange that starts. */
  refuse: GatewayError | undefined;
  onEnding: (() => void) | undefined;

  private readonly results = new Map<string, ExchangeResult>();

  override started({ id }: ObservedExchange): GatewayError | undefined {
    this.told.push({ type: 'started', id });
    return this.refuse;
  }
  override moment({ id }: ObservedExchange, type: ExchangeMoment): void {
    this.told.push({ type, id });
  }
  override ending({ id }: ObservedExchange, result: ExchangeResult): LogRecord {
    this.told.push({ type: 'ending', id });
    this.results.set(id, result);
    this.onEnding?.();
    return {} as LogRecord;
  }
  override finished(exchange: ObservedExchange): void {
    this.told.push({ type: 'finished', id: exchange.id });
    const result = this.results.get(exchange.id);
    if (!result) throw new Error(`exchange ${exchange.id} has finished before its end was told`);
    this.finishedOnes.push({ exchange, result });
    this.onFinished?.();
  }
}

class PlainRedaction extends Redaction {
  override headers(headers: HeaderMap): Record<string, string | readonly string[]> {
    return { ...headers } as Record<string, string | readonly string[]>;
  }
  override uri(uri: string): string {
    return uri;
  }
  override text(text: string, secretValues: ReadonlySet<string>): string {
    return [...secretValues].reduce((clean, value) => clean.replaceAll(value, 'REDACTED'), text);
  }
}

class Log extends ProxyLog {
  readonly lines: { level: string; message: string; fields: Readonly<Record<string, unknown>> }[] = [];
  override warn(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.lines.push({ level: 'warn', message, fields });
  }
  override error(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.lines.push({ level: 'error', message, fields });
  }
}

export interface Setup {
  readonly routes?: readonly RouteEntity[];
  readonly services?: readonly ServiceEntity[];
  readonly plugins?: readonly (readonly [name: string, priority: number, plugin: GatewayPlugin])[];
  /** Plugin entries; default: one global one for each of `plugins`. */
  readonly entries?: readonly ReturnType<typeof plugin>[];
  readonly unready?: ReadonlyMap<string, string>;
}

/** A configuration whose only plugin answers every request below `/`. */
export const answering = (handler: Handler, instance: GatewayPlugin = {}): Setup => ({
  routes: [route('all', { paths: ['/'] })],
  plugins: [['answer', 770, { ...instance, handler: () => handler }]],
});

export function runtimeOf({ routes = [], services = [], plugins = [], entries, unready = new Map() }: Setup): Runtime {
  return new Runtime(
    { routes, services, consumers: [], plugins: entries ?? plugins.map(([name]) => plugin(name)), unready },
    new Map(plugins.map(([name, priority, instance]) => installed(name, priority, instance))),
  );
}

/** A listener on a free port, put together by Nest as in the gateway. */
export class TestProxy {
  private static readonly running = new Set<TestProxy>();

  private constructor(
    readonly url: string,
    readonly listener: ProxyListener,
    readonly recorder: Recorder,
    readonly log: Log,
    private readonly app: INestApplicationContext,
  ) {
    TestProxy.running.add(this);
  }

  static async start(setup: Setup, options: Partial<ProxyOptions> = {}): Promise<TestProxy> {
    const recorder = new Recorder();
    const log = new Log();
    @Global()
    @Module({
      providers: [
        { provide: ProxyOptions, useValue: { version: '1.2.3', ...options } },
        { provide: ProxyLog, useValue: log },
        { provide: ExchangeEvents, useValue: recorder },
        { provide: Redaction, useClass: PlainRedaction },
      ],
      exports: [ProxyOptions, ProxyLog, ExchangeEvents, Redaction],
    })
    class Surroundings {}
    const app = await NestFactory.createApplicationContext(ProxyModule.register([Surroundings]), { logger: false });
    const listener = app.get(ProxyListener);
    await listener.swap(runtimeOf(setup));
    const { host, port } = await listener.listen({ host: '127.0.0.1', port: 0 });
    return new TestProxy(`http://${host}:${port}`, listener, recorder, log, app);
  }

  static async stopAll(): Promise<void> {
    await Promise.all([...TestProxy.running].map((proxy) => proxy.stop()));
  }

  /** Waits until this many exchanges have finished. */
  async finished(count: number): Promise<readonly Finished[]> {
    const { recorder } = this;
    await eventually(() => recorder.finishedOnes.length >= count, {
      what: `${count} finished exchanges`,
      wake: (look) => {
        recorder.onFinished = look;
        return () => (recorder.onFinished = undefined);
      },
    });
    return recorder.finishedOnes;
  }

  /** The only finished exchange. */
  async only(): Promise<Finished> {
    const [first, ...others] = await this.finished(1);
    if (!first || others.length > 0) throw new Error(`${others.length + 1} exchanges have finished`);
    return first;
  }

  swap(setup: Setup): Promise<void> {
    return this.listener.swap(runtimeOf(setup));
  }

  async stop(): Promise<void> {
    TestProxy.running.delete(this);
    await this.listener.close();
    await this.app.close();
  }
}

/** A server of the test's own, and how often something connected to it. */
export class Backend {
  private static readonly running = new Set<Backend>();
  connections = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server | TcpServer) {
    Backend.running.add(this);
    server.on('connection', (socket: Socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  static async http(listener: RequestListener, port = 0): Promise<Backend> {
    return new Backend(createServer(listener)).listen(port);
  }

  /** Speaks whatever the test makes it speak. */
  static async raw(onConnection: (socket: Socket) => void): Promise<Backend> {
    return new Backend(createTcpServer({ noDelay: true }, onConnection)).listen(0);
  }

  /** A port nobody listens on. */
  static async closedPort(): Promise<number> {
    const backend = await Backend.raw(() => {});
    const { port } = backend;
    await backend.stop();
    return port;
  }

  static async stopAll(): Promise<void> {
    await Promise.all([...Backend.running].map((backend) => backend.stop()));
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** How many connections are open now. */
  get open(): number {
    return this.sockets.size;
  }

  /** Closes every connection that is open now. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    if (!Backend.running.delete(this)) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.cut();
    await closed;
  }

  private async listen(port: number): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    return this;
  }
}

/** The same thing this many times, each an object of its own. */
export const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);

/** Ends every proxy and backend that a test has started: for `afterEach`. */
export async function stopAll(): Promise<void> {
  await TestProxy.stopAll();
  await Backend.stopAll();
}

/** A service at a backend, below the route `/`. */
export const proxiedTo = (
  port: number,
  fields: Partial<ServiceEntity> = {},
  onRoute: Partial<RouteEntity> = {},
): Setup => ({
  services: [service('backend', { port, ...fields })],
  routes: [route('all', { paths: ['/'], service: { id: 'backend' }, ...onRoute })],
});
