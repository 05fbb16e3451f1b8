import { afterAll, beforeAll, describe, it } from '@jest/globals';
import type { ClientVersion } from './harness/program.js';
import { followHowTo } from './how-to.js';
import { Stage } from './harness/stage.js';
import { scenarios } from './scenarios/index.js';

/** Every scenario that concerns `version`, in order, on one stage. */
export function playAll(version: ClientVersion): void {
  describe(`Claude Code ${version}`, () => {
    let stage: Stage;

    beforeAll(async () => {
      stage = await Stage.open(version);
    }, 300_000);
    // Without a stage, because the gateway did not start, there is nothing to close.
    afterAll(() => (stage as Stage | undefined)?.close());

    it('the how-to', () => followHowTo(stage.program));

    for (const scenario of scenarios) {
      if (scenario.versions && !scenario.versions.includes(version)) continue;
      it(scenario.name, () => stage.perform(scenario));
    }
  });
}
