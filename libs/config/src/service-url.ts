import { pathBelow, type FaultList } from './faults.js';
import { scalarNode, withEntries, without, type MapEntry, type MapNode, type Scalar, type ScalarNode } from './tree.js';

// Scheme, user part, host (an IPv6 address in brackets), port, path, query or fragment.
const URL_FORM =
  /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(?:([^/?#]*)@)?(\[[^\]/?#]*\]|[^:/?#]*)(?::(\d*))?(\/[^?#]*)?([?#].*)?$/s;

/**
 * Replaces a service's `url` by the fields it stands for, as Kong does: protocol, host, port (80, or 443 with https) and, when
 * the URL has one, path. They win over the same fields beside `url`.
 */
export function expandUrl(service: MapNode, faults: FaultList): MapNode {
  const url = service.entries.get('url')?.node;
  if (url === undefined) return service;
  const rest = without(service, ['url']);
  if (url.kind === 'scalar' && url.value === null) return rest;
  const match = url.kind === 'scalar' && typeof url.value === 'string' ? URL_FORM.exec(url.value) : null;
  if (url.kind !== 'scalar' || match === null) {
    const reason = 'expected a URL such as http://example.com:8080/path';
    const missing = url.kind === 'scalar' && url.unresolved.length > 0;
    if (!missing) faults.error(url.origin, reason);
    // Stands in for the host, so that no second fault says that it is missing.
    const unknown = partOf(scalarNode(url.origin, ''), '', [{ origin: url.origin, reason }]);
    return withEntries(rest, [['host', { key: url.origin, node: unknown }]]);
  }
  const [, scheme = '', user, host = '', digits = '', path, query] = match;
  if (user !== undefined)
    faults.error(url.origin, 'a user name or password in the URL is not supported by this gateway');
  if (query !== undefined) faults.error(url.origin, 'a query or fragment cannot be part of the URL of a service');
  const protocol = scheme.toLowerCase();
  const parts: [string, Scalar][] = [
    ['protocol', protocol],
    ['host', host],
    ['port', digits === '' ? (protocol === 'https' ? 443 : 80) : Number(digits)],
  ];
  if (path !== undefined) parts.push(['path', path.replaceAll(' ', '%20')]);
  for (const [name] of parts) {
    const beside = service.entries.get(name);
    // A default of the file may be there; a field of the entry itself contradicts the URL.
    if (beside?.key.path === pathBelow(service.origin.path, name)) faults.warn(beside.key, 'is ignored: url tells it');
  }
  return withEntries(
    rest,
    parts.map(([name, value]): [string, MapEntry] => [name, { key: url.origin, node: partOf(url, value) }]),
  );
}

function partOf(url: ScalarNode, value: Scalar, unresolved = url.unresolved): ScalarNode {
  return { ...url, value, readings: [], written: url.fromEnvironment ? url.written : value, unresolved };
}
