import type { RouteEntity, ServiceEntity } from '#libs/plugin-api';
import { normalizePath } from './request-path.js';
import { RouteRule, type RoutedRequest, type RouteMatch } from './route-rule.js';

/** Paths remembered at most, and the longest that is. */
const CACHE_ENTRIES = 1000;
const CACHED_PATH_LENGTH = 256;

/**
 * Finds the route of a request by Kong's `traditional_compatible` rules. Immutable: a new configuration makes a new router.
 * Where Kong leaves the order open (equal criteria, equal length) the route that comes first in the snapshot wins.
 */
export class Router {
  private readonly rules: readonly RouteRule[];
  private readonly cacheable: boolean;
  private readonly keyHasMethod: boolean;
  private readonly keyHasHost: boolean;
  private readonly keyHasPort: boolean;
  private readonly cache = new Map<string, RouteMatch | null>();

  /**
   * Routes of a disabled service are left out, as are those for neither http nor https.
   * @throws Error that names the route whose regular expression cannot be compiled.
   */
  constructor(routes: readonly RouteEntity[], services: readonly ServiceEntity[]) {
    const serviceById = new Map(services.map((service) => [service.id, service]));
    this.rules = routes
      .filter((route) => route.protocols.includes('http') || route.protocols.includes('https'))
      .flatMap((route) => {
        const service = route.service && serviceById.get(route.service.id);
        if (service?.enabled === false) return [];
        const paths = route.paths?.length ? route.paths : [undefined];
        return paths.map((path) => new RouteRule(route, service, path));
      })
      .sort(RouteRule.compare);
    this.cacheable = !this.rules.some((rule) => rule.usesHeaders);
    this.keyHasMethod = this.rules.some((rule) => rule.usesMethod);
    this.keyHasHost = this.rules.some((rule) => rule.usesHost);
    this.keyHasPort = this.rules.some((rule) => rule.usesPort);
  }

  match(request: RoutedRequest): RouteMatch | undefined {
    if (!this.cacheable || request.path.length > CACHED_PATH_LENGTH) return this.search(request);
    const key = this.cacheKey(request);
    const known = this.cache.get(key);
    if (known !== undefined) return known ?? undefined;
    const match = this.search(request);
    // A flood of unknown paths costs a fresh search each, never more memory.
    if (this.cache.size >= CACHE_ENTRIES) this.cache.clear();
    this.cache.set(key, match ?? null);
    return match;
  }

  private search(request: RoutedRequest): RouteMatch | undefined {
    const path = normalizePath(request.path);
    for (const rule of this.rules) {
      const match = rule.match(request, path);
      if (match) return match;
    }
    return undefined;
  }

  /** Only a host can hold a space, and it stands between parts that cannot: different requests have different keys. */
  private cacheKey(request: RoutedRequest): string {
    let key = request.path;
    if (this.keyHasHost) key = `${request.host} ${key}`;
    if (this.keyHasMethod) key = `${request.method} ${key}`;
    if (this.keyHasPort) key = `${request.port} ${key}`;
    return key;
  }
}
