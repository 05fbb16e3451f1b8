import { expect } from '@jest/globals';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { png } from '../fixtures/media.js';
import { blocksOf, type ClientCall } from '../harness/claude.js';
import type { Scenario, Scene } from '../harness/scenario.js';
import { call, text, toolNames, toolResults, userText, type ChatRequest } from '../harness/script.js';

const SERVER = join(dirname(dirname(fileURLToPath(import.meta.url))), 'fixtures', 'mcp-server.mjs');
const REGIONAL = 'mcp__warehouse__look_up_the_stock_level_of_an_article_in_every_regional_warehouse';
const FOREIGN = 'mcp__warehouse__look_up_the_stock_level_of_an_article_in_every_foreign_warehouse';
const CONFIG = JSON.stringify({
  mcpServers: { warehouse: { command: process.execPath, args: [SERVER, png().toString('base64')] } },
});

/** Tools of an MCP server. */
export const mcp: readonly Scenario[] = [
  {
    name: 'two MCP tools whose names are too long for OpenAI',
    call: withServer({ ENABLE_TOOL_SEARCH: 'false' }),
    model: () => [
      // The model calls what it was offered: the gateway's short names, which the script takes from the request.
      (request) => call(offered(request, 'Stock of an article.'), { article: 'rope' }),
      (request) => call(offered(request, 'Stock of an article abroad.'), { article: 'sail' }),
      text('42 and 7.'),
    ],
    check: ({ result, main, run }) => {
      expect(result.result).toBe('42 and 7.');
      expect(toolNames(main[0]).filter((name) => name.length > 64)).toEqual([]);
      expect(toolResults(main[2])).toEqual(['stock of rope: 42', 'stock of sail abroad: 7']);
      const used = blocksOf(run).filter(({ type }) => type === 'tool_use');
      expect(used.map(({ name }) => name)).toEqual([REGIONAL, FOREIGN]);
    },
  },
  {
    name: 'an MCP tool is searched for, then called',
    versions: ['2.1.330'],
    call: withServer({}),
    model: () => [
      call('ToolSearch', { query: `select:${REGIONAL}`, max_results: 3 }),
      (request) => call(offered(request, 'Stock of an article.'), { article: 'rope' }),
      text('42.'),
    ],
    check: ({ main }) => {
      expect(toolNames(main[0]).some((name) => name.startsWith('mcp__'))).toBe(false);
      expect(toolResults(main[2]).at(-1)).toBe('stock of rope: 42');
    },
  },
  {
    name: 'an MCP tool with dots in its name',
    call: withServer({ ENABLE_TOOL_SEARCH: 'false' }),
    model: () => [(request) => call(offered(request, 'Stock by region.'), {}), text('North.')],
    check: ({ main }) => {
      expect(toolNames(main[0]).filter((name) => !/^[\w-]+$/.test(name))).toEqual([]);
      expect(toolResults(main[1])).toEqual(['north 40, south 2']);
    },
  },
  {
    name: 'an MCP tool without arguments',
    call: withServer({ ENABLE_TOOL_SEARCH: 'false' }),
    model: [call('mcp__warehouse__heartbeat', ''), text('Alive.')],
    check: ({ main }) => {
      expect(toolResults(main[1])).toEqual(['alive, 0 arguments']);
    },
  },
  {
    name: 'an MCP tool with a schema that OpenAI would refuse',
    call: withServer({ ENABLE_TOOL_SEARCH: 'false' }),
    model: [call('mcp__warehouse__reserve', { articles: ['rope', 2], target: { hall: 3 } }), text('Reserved.')],
    check: ({ main }) => {
      expect(toolResults(main[1])).toEqual(['reserved {"articles":["rope",2],"target":{"hall":3}}']);
    },
  },
  {
    name: 'an MCP tool that answers with a picture',
    call: withServer({ ENABLE_TOOL_SEARCH: 'false' }),
    model: [call('mcp__warehouse__photograph', {}), text('A red hall.')],
    check: ({ result, main }) => {
      expect(result.result).toBe('A red hall.');
      expect(toolResults(main[1])[0]).toContain('hall 3, camera 1');
      expect(JSON.stringify(main[1]!.messages)).toContain('data:image/png;base64,');
      expect(userText(main[1]!)).toContain('photograph');
    },
  },
];

function withServer(env: Readonly<Record<string, string>>): (scene: Scene) => ClientCall {
  return ({ prompt }) => ({
    prompt,
    flags: ['--mcp-config', CONFIG, '--strict-mcp-config', '--allowedTools', 'mcp__warehouse'],
    env,
  });
}

/** The name under which a tool with this description is offered to the model. */
function offered(request: ChatRequest, description: string): string {
  const tool = request.tools?.find((each) => each.function.description === description);
  if (tool === undefined) throw new Error(`no tool "${description}" in ${toolNames(request).join(', ')}`);
  return tool.function.name;
}
