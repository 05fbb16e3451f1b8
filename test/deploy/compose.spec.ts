import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { ROOT } from '../gateway/command.js';

interface Service {
  readonly image: string;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly profiles?: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: object;
  readonly depends_on?: Readonly<Record<string, unknown>>;
}

const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
const { services, volumes } = parse(text, { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const all = Object.entries(services);

describe('docker-compose.yml', () => {
  it('starts the gateway, Kafka and everything to see it with, and the demo only where it is asked for', () => {
    const names = (demo: boolean) =>
      all.filter(([, { profiles }]) => (profiles !== undefined) === demo).map(([name]) => name);
    expect(names(false)).toEqual(['gateway', 'kafka', 'prometheus', 'otel-collector', 'jaeger', 'grafana']);
    expect(names(true)).toEqual(['simulated-openai', 'demo-traffic']);
    expect(services['simulated-openai']?.profiles).toEqual(['demo']);
    expect(services['demo-traffic']?.profiles).toEqual(['demo']);
  });

  it.each(all)('%s: a fixed version, no more rights than needed', (name, service) => {
    expect(service.image).toMatch(/^[\w./-]+:v?\d+\.\d+\.\d+$/);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.read_only).toBe(name !== 'kafka');
    // The users of these images are not root; none is made to be.
    expect(service.user).toBeUndefined();
  });

  it('tells of every service whether it is well', () => {
    const without = all.filter(([, { healthcheck }]) => healthcheck === undefined).map(([name]) => name);
    // The gateway's is in its image. The collector's image has no program to ask with: Prometheus watches it.
    expect(without).toEqual(['gateway', 'otel-collector']);
    expect(readFileSync(join(ROOT, 'Dockerfile'), 'utf8')).toContain('HEALTHCHECK');
    expect(readFileSync(join(ROOT, 'deploy/prometheus/prometheus.yml'), 'utf8')).toContain('otel-collector:8888');
  });

  it('publishes nothing beyond this machine unless it is told to', () => {
    const ports = all.flatMap(([, service]) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(5);
    for (const port of ports) expect(port).toMatch(/^(?:127\.0\.0\.1|\$\{TIDEGATE_PUBLISH:-127\.0\.0\.1\}):/);
  });

  it('mounts files that there are, read only, and keeps data in volumes that it names', () => {
    const used = new Set<string>();
    for (const mount of all.flatMap(([, service]) => service.volumes ?? [])) {
      const [source = '', , mode] = mount.split(':');
      if (source.startsWith('./')) {
        expect(existsSync(join(ROOT, source))).toBe(true);
        expect(mode).toBe('ro');
      } else used.add(source);
    }
    expect([...used].sort((a, b) => a.localeCompare(b))).toEqual(
      Object.keys(volumes).sort((a, b) => a.localeCompare(b)),
    );
  });

  it('lets the gateway wait for nobody: a log sink that is not there delays nothing', () => {
    expect(services['gateway']?.depends_on).toBeUndefined();
  });

  it('is configured to find each other', () => {
    const configs = [
      'tidegate.yaml',
      'prometheus/prometheus.yml',
      'otel-collector/config.yaml',
      'grafana/provisioning/datasources/datasources.yml',
      'kafka/server.properties',
    ];
    for (const config of configs) {
      const content = readFileSync(join(ROOT, 'deploy', config), 'utf8');
      const hosts = [...content.matchAll(/(?:\/\/|\[|endpoint: |host: )([a-z][\w-]*):\d+/g)].map(([, host]) => host);
      expect(hosts.length).toBeGreaterThan(0);
      for (const host of hosts) expect(['localhost', ...Object.keys(services)]).toContain(host);
    }
  });
});
