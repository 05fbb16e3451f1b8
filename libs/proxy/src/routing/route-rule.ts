import type { ExchangeRequest, RouteEntity, ServiceEntity } from '#libs/plugin-api';
import { encodePath } from './request-path.js';
import { joinUpstreamPath } from './upstream-path.js';

/** What routing looks at. */
export type RoutedRequest = Pick<ExchangeRequest, 'method' | 'path' | 'host' | 'port' | 'headers'>;

/** A request's way, shared by all requests for the same path. */
export interface RouteMatch {
  readonly route: RouteEntity;
  readonly service: ServiceEntity | undefined;
  /** True when the route takes https alone. */
  readonly httpsOnly: boolean;
  /** The part of the path that the route's path has matched; empty for a route without paths. */
  readonly matchedPath: string;
  /** What follows it, starting with `/`; empty when nothing follows. */
  readonly pathBelowRoute: string;
  readonly uriCaptures: Readonly<Record<string, string>>;
  /** Path to ask of the service, without query. */
  readonly upstreamPath: string;
}

interface PathMatch {
  readonly length: number;
  readonly captures: Readonly<Record<string, string>>;
}
type PathTest = (path: string) => PathMatch | undefined;
type Test = (request: RoutedRequest) => boolean;

const NO_CAPTURES: Readonly<Record<string, string>> = Object.freeze({});
const NO_PATH: PathMatch = { length: 0, captures: NO_CAPTURES };

/**
 * One route with one of its paths. A route with several paths makes several rules, because a path's kind and length decide
 * about its precedence.
 */
export class RouteRule {
  readonly usesMethod: boolean;
  readonly usesHost: boolean;
  readonly usesPort: boolean;
  readonly usesHeaders: boolean;
  private readonly rank: readonly number[];
  private readonly tests: readonly Test[];
  private readonly testPath: PathTest;
  private readonly httpsOnly: boolean;

  /** @throws Error when `path` is not a regular expression that can be compiled. */
  constructor(
    private readonly route: RouteEntity,
    private readonly service: ServiceEntity | undefined,
    path: string | undefined,
  ) {
    const methods = route.methods ?? [];
    const hosts = route.hosts ?? [];
    const headers = Object.entries(route.headers ?? {});
    this.usesMethod = methods.length > 0;
    this.usesHost = hosts.length > 0;
    this.usesPort = hosts.some((host) => splitPort(host)[1] !== undefined);
    this.usesHeaders = headers.length > 0;
    this.httpsOnly = !route.protocols.includes('http');
    this.tests = [
      ...(this.usesMethod ? [methodTest(methods)] : []),
      ...(this.usesHost ? [hostTest(hosts)] : []),
      ...headers.map(([name, values]) => headerTest(name, values)),
    ];
    this.testPath = path === undefined ? () => NO_PATH : pathTest(route, path);
    const isRegex = path?.startsWith('~') === true;
    const kinds = [this.usesMethod, this.usesHost, this.usesHeaders, path !== undefined].filter(Boolean).length;
    const plainHosts = this.usesHost && !hosts.some((host) => host.includes('*'));
    this.rank = [
      kinds,
      Number(plainHosts),
      headers.length,
      Number(isRegex),
      isRegex ? route.regex_priority : 0,
      isRegex ? 0 : (path?.length ?? 0),
    ];
  }

  /**
   * Order in which Kong's `traditional_compatible` router tries its routes: more kinds of criteria, hosts without wildcard,
   * more headers, a regular expression (by `regex_priority`), a longer prefix.
   */
  static compare(this: void, a: RouteRule, b: RouteRule): number {
    const index = a.rank.findIndex((value, i) => value !== b.rank[i]);
    return index === -1 ? 0 : (b.rank[index] ?? 0) - (a.rank[index] ?? 0);
  }

  /** @param path the request's path, normalised */
  match(request: RoutedRequest, path: string): RouteMatch | undefined {
    for (const test of this.tests) if (!test(request)) return undefined;
    const matched = this.testPath(path);
    if (matched === undefined) return undefined;
    const rest = path.slice(matched.length);
    return {
      route: this.route,
      service: this.service,
      httpsOnly: this.httpsOnly,
      matchedPath: path.slice(0, matched.length),
      pathBelowRoute: rest === '' || rest.startsWith('/') ? rest : `/${rest}`,
      uriCaptures: matched.captures,
      upstreamPath: encodePath(joinUpstreamPath(this.route, this.service?.path ?? '/', path, matched.length)),
    };
  }
}

function methodTest(methods: readonly string[]): Test {
  return (request) => methods.includes(request.method);
}

/** `example.com`, `*.example.com`, `example.*`, each with an optional `:port`, which is the port the request arrived at. */
function hostTest(hosts: readonly string[]): Test {
  const tests = hosts.map((entry): Test => {
    const [name, port] = splitPort(entry.toLowerCase());
    const rightPort: Test = port === undefined ? () => true : (request) => request.port === port;
    if (name.startsWith('*')) {
      const ending = name.slice(1);
      return (request) => request.host.endsWith(ending) && rightPort(request);
    }
    if (name.endsWith('*')) {
      const beginning = name.slice(0, -1);
      return (request) => request.host.startsWith(beginning) && rightPort(request);
    }
    return (request) => request.host === name && rightPort(request);
  });
  return (request) => tests.some((test) => test(request));
}

/** Values are compared without case; `~*` starts a regular expression. A repeated header matches by any of its values. */
function headerTest(name: string, values: readonly string[]): Test {
  const key = name.toLowerCase();
  const tests = values.map((value): ((given: string) => boolean) => {
    if (value.startsWith('~*')) {
      const pattern = new RegExp(value.slice(2), 'i');
      return (given) => pattern.test(given);
    }
    const wanted = value.toLowerCase();
    return (given) => given.toLowerCase() === wanted;
  });
  return (request) => {
    const given = request.headers[key];
    if (given === undefined) return false;
    const all = typeof given === 'string' ? [given, ...(given.includes(',') ? given.split(/\s*,\s*/) : [])] : given;
    return all.some((one) => tests.some((test) => test(one)));
  };
}

function pathTest(route: RouteEntity, path: string): PathTest {
  if (!path.startsWith('~')) {
    const match: PathMatch = { length: path.length, captures: NO_CAPTURES };
    return (requested) => (requested.startsWith(path) ? match : undefined);
  }
  const pattern = compilePattern(route, path.slice(1));
  return (requested) => {
    const found = pattern.exec(requested);
    return found ? { length: found[0].length, captures: namedCaptures(found.groups) } : undefined;
  };
}

/** Kong's patterns are anchored at the start only; `(?P<name>` is the spelling of PCRE and Rust for `(?<name>`. */
function compilePattern(route: RouteEntity, source: string): RegExp {
  const ignoreCase = source.startsWith('(?i)');
  const body = (ignoreCase ? source.slice(4) : source).replaceAll('(?P<', '(?<');
  try {
    return new RegExp(`^(?:${body})`, ignoreCase ? 'i' : '');
  } catch (error) {
    throw new Error(`route ${route.name ?? route.id}: path "~${source}" is not a regular expression`, { cause: error });
  }
}

function namedCaptures(groups: Record<string, string | undefined> | undefined): Readonly<Record<string, string>> {
  if (groups === undefined) return NO_CAPTURES;
  return Object.fromEntries(
    Object.entries(groups).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

function splitPort(host: string): [name: string, port: number | undefined] {
  const match = /^([^[\]:]*):(\d+)$/.exec(host);
  return match ? [match[1] ?? '', Number(match[2])] : [host, undefined];
}
