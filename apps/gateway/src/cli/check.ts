import { formatFault, loadConfig } from '#libs/config';
import { EnvironmentError, readEnvironment } from '../environment.js';
import { pluginCatalog } from '../plugin-catalog.js';
import { PluginLoadError } from '../third-party-plugins.js';

/** `tidegate check FILE…`: prints each fault on a line of its own. Status 1 when there is one, an unset variable included. */
export async function check(files: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  if (files.length === 0) {
    process.stderr.write('tidegate check: name at least one declarative file\n');
    return 2;
  }
  try {
    const { faults } = await loadConfig(files, await pluginCatalog(readEnvironment(env).plugins), env);
    for (const fault of faults) process.stdout.write(`${formatFault(fault)}\n`);
    if (faults.length === 0) process.stdout.write(`${files.join(', ')}: ok\n`);
    return faults.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof EnvironmentError || error instanceof PluginLoadError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 1;
  }
}
