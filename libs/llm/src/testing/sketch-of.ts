import { expect } from '@jest/globals';
import { faults, sketch } from './anthropic-stream.js';
import { bare, openAi, python, type ChatUpstream } from './chat-upstream.js';
import { translate } from './translate.js';

const SERVERS: readonly (readonly [string, ChatUpstream])[] = [
  ['a bare server', bare],
  ['OpenAI', openAi],
  ['a Python server', python],
];

/** The same from every server, in one read and in one read per event; the grammar always holds. */
export function sketchOf(events: (server: ChatUpstream) => readonly string[]): string {
  const sketches = SERVERS.flatMap(([, server]) =>
    [events(server), [events(server).join('')]].map((reads) => {
      const { out } = translate(reads);
      expect(faults(out)).toEqual([]);
      return sketch(out);
    }),
  );
  expect(new Set(sketches).size).toBe(1);
  return sketches[0] ?? '';
}
