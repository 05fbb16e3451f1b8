#!/usr/bin/env node
/** The `tidegate` command: sets a source checkout up where needed, then hands over to the built program. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureReady, ROOT } from './setup.mjs';

ensureReady();
await import(pathToFileURL(join(ROOT, 'dist/apps/gateway/src/main.js')).href);
