/** Log sinks that are not well, as plugins of one file each. */

/** Fails every other write at first, and refuses every third record for good. */
const PICKY = `
import { FinalSinkError, Plugin, z } from 'tidegate/plugin-api';
class Picky {
  sink() {
    let writes = 0;
    return {
      maxBatch: 5,
      async write(batch) {
        if (writes++ % 2 === 0) throw new Error('not now');
        if (batch.some(({ record }) => record.exchange.seq % 3 === 0)) throw new FinalSinkError('not this one');
      },
    };
  }
}
export default Plugin({ name: 'picky-log', priority: 5, config: z.strictObject({}) })(Picky);
`;

/** Never takes anything. */
const STUCK = `
import { Plugin, z } from 'tidegate/plugin-api';
class Stuck {
  sink() {
    return { write: () => Promise.reject(new Error('never')) };
  }
}
export default Plugin({ name: 'stuck-log', priority: 4, config: z.strictObject({}) })(Stuck);
`;

/** For a gateway that is to have them. */
export const faultySinks = {
  files: { 'picky.js': PICKY, 'stuck.js': STUCK },
  env: { TIDEGATE_PLUGINS: './picky.js,./stuck.js' },
  plugins: () => [
    { name: 'picky-log' },
    { name: 'stuck-log' },
    // A collector that is not there.
    { name: 'opentelemetry', config: { traces_endpoint: 'http://127.0.0.1:1/v1/traces' } },
  ],
};
