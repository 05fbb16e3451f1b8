import { register } from 'node:module';
import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { pluginMetadata, type PluginClass } from '#libs/plugin-api';

export class PluginLoadError extends Error {}

/**
 * Loads the plugins of `TIDEGATE_PLUGINS`: files (a path relative to the working directory) or packages. A module may export
 * several plugin classes, under any name.
 * @throws PluginLoadError that names the entry and what is wrong with it.
 */
export async function loadThirdPartyPlugins(entries: readonly string[]): Promise<PluginClass[]> {
  if (entries.length === 0) return [];
  shareWithPlugins();
  const classes: PluginClass[] = [];
  for (const entry of entries) {
    const exported = Object.values(await importEntry(entry));
    const plugins = exported.filter((value): value is PluginClass => pluginMetadata(value) !== undefined);
    if (plugins.length === 0) {
      throw new PluginLoadError(`TIDEGATE_PLUGINS: "${entry}" exports no class marked with Plugin (docs/plugins.md)`);
    }
    classes.push(...new Set(plugins));
  }
  return classes;
}

async function importEntry(entry: string): Promise<Record<string, unknown>> {
  const isFile = entry.startsWith('.') || isAbsolute(entry);
  try {
    return (await import(isFile ? pathToFileURL(resolve(entry)).href : entry)) as Record<string, unknown>;
  } catch (error) {
    throw new PluginLoadError(`TIDEGATE_PLUGINS: "${entry}" cannot be loaded: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/**
 * A plugin file lies outside our package, where Node would not find what it imports from us: `tidegate/plugin-api` is
 * resolved to this very build, packages are looked for beside the working directory.
 */
function shareWithPlugins(): void {
  const api = import.meta.resolve('#libs/plugin-api');
  const workingDirectory = pathToFileURL(`${process.cwd()}/package.json`).href;
  const hooks = `
    export async function resolve(specifier, context, next) {
      if (specifier === 'tidegate/plugin-api') return { url: ${JSON.stringify(api)}, shortCircuit: true };
      try {
        return await next(specifier, context);
      } catch (error) {
        if (error.code !== 'ERR_MODULE_NOT_FOUND' || /^(?:[./]|[a-z]+:)/.test(specifier)) throw error;
        return next(specifier, { ...context, parentURL: ${JSON.stringify(workingDirectory)} });
      }
    }`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}
