import type { RouteEntity } from '#libs/plugin-api';

/**
 * The path asked of a service: its own path joined with what the client asked for, by the route's `strip_path` and
 * `path_handling` (Kong's documentation, "Path handling algorithms"). `v0` joins with exactly one slash, `v1` appends.
 *
 * @param servicePath the service's `path`, `/` when it has none
 * @param path the normalised request path
 * @param matched how many characters of it the route's own path has matched
 */
export function joinUpstreamPath(
  route: Pick<RouteEntity, 'strip_path' | 'path_handling'>,
  servicePath: string,
  path: string,
  matched: number,
): string {
  return route.path_handling === 'v1'
    ? append(servicePath, path, matched, route.strip_path)
    : join(servicePath, path, matched, route.strip_path);
}

function join(servicePath: string, path: string, matched: number, strip: boolean): string {
  const base = servicePath.endsWith('/') ? servicePath.slice(0, -1) : servicePath;
  const rest = strip ? restOf(path, matched) : path.slice(1);
  if (rest === '' || rest === '/') {
    // Nothing is left below the service's path: the client says whether it ends in a slash, unless it asked for the root.
    const slash = strip && path !== '/' ? path.endsWith('/') : servicePath.endsWith('/');
    return base === '' || slash ? `${base}/` : base;
  }
  return `${base}${rest.startsWith('/') ? '' : '/'}${rest}`;
}

function append(servicePath: string, path: string, matched: number, strip: boolean): string {
  const rest = strip ? restOf(path, matched) : path.slice(1);
  return servicePath.endsWith('/') && rest.startsWith('/') ? servicePath + rest.slice(1) : servicePath + rest;
}

/** `/api` of the route and `/api../secret` of the client leave `../secret`, which must not climb out of the service's path. */
function restOf(path: string, matched: number): string {
  return path.slice(matched).replace(/^\.\.?(?:\/|$)/, '');
}
