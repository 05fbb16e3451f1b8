import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { jsonLines } from './log-file.js';
import { temporaryDirectory } from './temporary-directory.js';

it('waits for complete lines of a file that may not be there yet', async () => {
  const directory = await temporaryDirectory();
  const path = join(directory.path, 'log.json');
  const lines = jsonLines(path, 2);
  await appendFile(path, '{"n":1}\n{"n"');
  await expect(jsonLines(path, 2, 20)).rejects.toThrow(`not within 20 ms: 2 lines: 1 lines in ${path}`);
  await appendFile(path, ':2}\n{"n":3}\n');
  expect(await lines).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  await directory.remove();
  await expect(jsonLines(path, 1, 1)).rejects.toThrow('0 lines');
});
