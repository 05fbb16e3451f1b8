/** The files of an Apache Kafka broker, from Maven's central repository. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const CACHE = join(dirname(dirname(dirname(HERE))), '.cache/kafka');
const POM = join(HERE, 'pom.xml');
const GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** Why no broker can be started on this machine; undefined when one can. */
export function whatIsMissing() {
  const java = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const version = Number(/version "(\d+)/.exec(java.stderr ?? '')?.[1] ?? 0);
  if (version < 17) return `Java 17 or newer is needed, ${version === 0 ? 'there is none' : `this is Java ${version}`}`;
  if (existsSync(folder()) || spawnSync('mvn', ['-version']).status === 0) return undefined;
  return 'Maven (mvn) is needed to fetch the broker, there is none';
}

/**
 * Fetches the files when they are not there yet. Several may do so at once.
 * @returns {string} the class path
 */
export function brokerJars() {
  const jars = folder();
  if (!existsSync(jars)) fetchTo(jars);
  return join(jars, '*');
}

/** Another version in the pom has another folder. */
function folder() {
  return join(CACHE, `jars-${createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 12)}`);
}

function fetchTo(jars) {
  process.stderr.write('kafka: fetching the broker …\n');
  mkdirSync(CACHE, { recursive: true });
  const partial = mkdtempSync(join(CACHE, 'fetching-'));
  const options = ['-DincludeScope=runtime', `-DoutputDirectory=${join(partial, 'jars')}`];
  const { status, stdout } = spawnSync('mvn', ['-B', '-q', '-f', POM, GOAL, ...options], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) {
    rmSync(partial, { recursive: true });
    throw new Error(`the Kafka broker could not be fetched by Maven:\n${stdout}`);
  }
  // Whoever comes first has won; a folder that is there is complete.
  if (!existsSync(jars)) renameSync(join(partial, 'jars'), jars);
  rmSync(partial, { recursive: true, force: true });
}
