/**
 * Four log sinks that write to a file and do what other files tell them to: `PATH.down`: every write fails for now;
 * `PATH.stuck`: a write does not come to its end; `PATH.poison`: exchanges below /poison are refused for good.
 */
import { existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { FinalSinkError, Plugin, z } from 'tidegate/plugin-api';

class SwitchableLog {
  sink({ path }) {
    return {
      delivery: { firstRetryDelay: 20, longestRetryDelay: 100 },
      async write(batch) {
        while (existsSync(`${path}.stuck`)) await delay(20);
        if (existsSync(`${path}.down`)) throw new Error('the far side is away');
        const refused = batch.some(({ record }) => record.request.uri.startsWith('/poison'));
        if (refused && existsSync(`${path}.poison`)) throw new FinalSinkError('poison is not wanted here');
        await appendFile(path, batch.map(({ json }) => `${json}\n`).join(''));
      },
    };
  }
}

const named = (name) =>
  Plugin({ name, priority: 5, config: z.strictObject({ path: z.string() }) })(class extends SwitchableLog {});

export const first = named('first-log');
export const second = named('second-log');
export const third = named('third-log');
export const fourth = named('fourth-log');
