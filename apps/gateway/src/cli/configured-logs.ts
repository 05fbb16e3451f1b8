import { resolve } from 'node:path';
import { formatFault, loadConfig, type ConfigSnapshot } from '#libs/config';
import { kafkaTarget, type KafkaLogConfig, type KafkaTarget } from '#libs/plugins';
import { EnvironmentError, readEnvironment } from '../environment.js';
import { pluginCatalog } from '../plugin-catalog.js';
import { PluginLoadError } from '../third-party-plugins.js';
import { Misuse } from './output.js';

/** What the declarative file says about logs. Imported when it is asked for: all plugins come with it. */

/**
 * The files that `file-log` of the declarative file (`TIDEGATE_CONFIG`) writes.
 * @throws Misuse when there is none, or no declarative file that can be read
 */
export async function configuredLogFiles(env: NodeJS.ProcessEnv): Promise<string[]> {
  const { files, snapshot, problem } = await configuration(env);
  if (!snapshot) throw new Misuse(`name a log file: ${files} does not tell where one is (${problem})`);
  const paths = new Set<string>();
  for (const { name, config } of snapshot.plugins) {
    const { path } = (name === 'file-log' ? config : {}) as { path?: string };
    if (path !== undefined && !path.startsWith('/dev/')) paths.add(resolve(path));
  }
  if (paths.size === 0) throw new Misuse(`name a log file: no file-log in ${files} writes to one`);
  return [...paths];
}

/** Milliseconds for connecting to a broker, and for its answer. */
const PATIENCE = 10_000;

/**
 * How brokers are reached: as a `kafka-log` of the declarative file that names one of them does, with its TLS and sign-in; without one, plainly.
 * @param brokers `host:port`
 */
export async function configuredTarget(brokers: readonly string[], env: NodeJS.ProcessEnv): Promise<KafkaTarget> {
  const { snapshot } = await configuration(env);
  for (const { name, config } of snapshot?.plugins ?? []) {
    if (name !== 'kafka-log') continue;
    const target = kafkaTarget(config as KafkaLogConfig);
    if (target.brokers.some((broker) => brokers.includes(broker))) return { ...target, brokers };
  }
  return { brokers, clientId: 'tidegate', connectTimeout: PATIENCE, requestTimeout: PATIENCE };
}

interface Configuration {
  readonly files: string;
  readonly snapshot: ConfigSnapshot | undefined;
  /** Why there is no snapshot. */
  readonly problem: string;
}

async function configuration(env: NodeJS.ProcessEnv): Promise<Configuration> {
  try {
    const { configFiles, plugins } = readEnvironment(env);
    const { snapshot, faults } = await loadConfig(configFiles, await pluginCatalog(plugins), env);
    const first = faults.find(({ severity }) => severity === 'error');
    return { files: configFiles.join(', '), snapshot, problem: first ? formatFault(first) : 'it is empty' };
  } catch (error) {
    if (error instanceof EnvironmentError || error instanceof PluginLoadError) throw new Misuse(error.message);
    throw error;
  }
}
