/**
 * Writes the dashboards that Grafana reads, `deploy/grafana/dashboards/*.json`, from the code beside this file:
 * `npm run dashboards`.
 */
import { writeFileSync } from 'node:fs';
import { dashboards } from './dashboards.mjs';

for (const { name, text } of dashboards) writeFileSync(new URL(`../dashboards/${name}`, import.meta.url), text);
