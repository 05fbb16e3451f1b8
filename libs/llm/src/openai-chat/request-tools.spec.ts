import { describe, expect, it } from '@jest/globals';
import { CapabilityTable } from '../capability-table.js';
import { A, BASE, C4, C5, call, DS, encode, refusal, result, S, text, TOOL, U } from '../testing/chat-request.js';

const names = (request: object, to = C4) => encode(request, to).out.tools?.map((tool) => tool.function['name']);
const tool = (name: string, more: object = {}) => ({ ...TOOL, name, ...more });

describe('tools as functions', () => {
  it('sends name, description and schema', () => {
    expect(encode({ ...BASE, tools: [TOOL] }, C4).out.tools).toEqual([
      {
        type: 'function',
        function: { name: 'Read', description: 'd', parameters: TOOL.input_schema, strict: false },
      },
    ]);
    expect(encode({ ...BASE, tools: [TOOL] }, DS).out.tools![0]!.function).not.toHaveProperty('strict');
    expect(encode({ ...BASE, tools: [] }, C4).out).not.toHaveProperty('tools');
  });

  it('R24: shows a deferred tool once the conversation has named it, and never the placeholder', () => {
    const placeholder = tool('DeferredToolPlaceholder');
    const tools = [TOOL, tool('Big', { defer_loading: true }), placeholder, tool('Other', { defer_loading: true })];
    expect(names({ ...BASE, tools })).toEqual(['Read']);
    const loaded = [
      U(text('q')),
      A(call('t1', {}, 'ToolSearch')),
      U(result('t1', [{ type: 'tool_reference', tool_name: 'Big' }])),
    ];
    const { out } = encode({ ...BASE, tools, messages: loaded }, C4);
    expect(out.tools!.map((sent) => sent.function['name'])).toEqual(['Read', 'Big']);
    expect(out.messages[2]!.content).toEqual([text('Loaded tool: Big')]);
    expect(names({ ...BASE, tools: [placeholder] })).toBeUndefined();
  });

  it('follows additions and removals of tools in the conversation', () => {
    const add = (name: string) => ({ type: 'tool_addition', tool: { type: 'tool_reference', name } });
    const define = { type: 'tool_addition', tool: { type: 'tool_definition', definition: tool('New') } };
    const remove = { type: 'tool_removal', tool: { type: 'tool_reference', name: 'Read' } };
    const tools = [TOOL, tool('Big', { defer_loading: true })];
    const conversation = (...changes: object[]) => ({ ...BASE, tools, messages: [U(text('q')), S(changes)] });
    expect(names(conversation(add('Big')))).toEqual(['Read', 'Big']);
    expect(names(conversation(define, remove))).toEqual(['New']);
    expect(encode(conversation(remove), C4).out.messages).toHaveLength(1);
    const compacted = { type: 'compaction', content: 's', tool_changes: [add('Big')] };
    expect(names({ ...BASE, tools, messages: [A(compacted), U(text('q'))] })).toEqual(['Read', 'Big']);
  });

  it('R38: maps names that OpenAI refuses, alike in tools, choice, history and answer', () => {
    const long = `mcp__plugin_${'x'.repeat(58)}`;
    const tools = [tool(long), tool('srv.get:item'), tool('srv_get:item'), tool('größe')];
    const conversation = [U(text('q')), A(call('t1', {}, 'srv.get:item')), U(result('t1', 'ok'))];
    const request = { ...BASE, tools, messages: conversation, tool_choice: { type: 'tool', name: long } };
    const { out, toolNames } = encode(request, C4);
    const sent = out.tools!.map((function_) => function_.function['name'] as string);
    expect(sent.every((name) => /^[A-Za-z0-9_-]{1,64}$/.test(name))).toBe(true);
    expect(new Set(sent).size).toBe(4);
    expect(sent.map((name) => toolNames.client(name))).toEqual([long, 'srv.get:item', 'srv_get:item', 'größe']);
    expect(out['tool_choice']).toEqual({ type: 'function', function: { name: sent[0] } });
    expect(out.messages[1]).toMatchObject({ tool_calls: [{ function: { name: sent[1] } }] });
    expect(encode(request, C4).json).toBe(encode(request, C4).json);
  });

  it('joins a toolset and its member to one name', () => {
    const conversation = [
      U(text('q')),
      A({ ...call('t1', {}, 'click'), toolset_name: 'browser' }),
      U(result('t1', 'ok')),
    ];
    expect(encode({ ...BASE, messages: conversation }, C4).out.messages[1]).toMatchObject({
      tool_calls: [{ function: { name: 'browser__click' } }],
    });
  });

  it('R39: makes functions of the typed tools of the client', () => {
    const typed = (type: string, name: string, more: object = {}) => ({ type, name, ...more });
    const { out, json, lossy } = encode(
      {
        ...BASE,
        tools: [
          typed('bash_20250124', 'bash'),
          typed('text_editor_20250728', 'str_replace_based_edit_tool'),
          typed('memory_20250818', 'memory'),
          typed('computer_20251124', 'computer', { display_width_px: 1024, display_height_px: 768, enable_zoom: true }),
        ],
      },
      C4,
    );
    const parameters = (i: number) =>
      out.tools![i]!.function['parameters'] as { properties: Record<string, { enum?: string[] }> };
    expect(Object.keys(parameters(0).properties)).toEqual(['command', 'restart']);
    expect(parameters(1).properties['command']!.enum).toEqual(['view', 'create', 'str_replace', 'insert']);
    expect(parameters(2).properties['command']!.enum).toContain('rename');
    expect(parameters(3).properties['action']!.enum).toEqual(expect.arrayContaining(['left_click', 'scroll', 'zoom']));
    expect(out.tools![3]!.function['description']).toContain('1024 by 768');
    expect(json).not.toMatch(/_20\d{6}/);
    expect(lossy).toEqual([]);
    const undo = encode({ ...BASE, tools: [typed('text_editor_20250124', 'str_replace_editor')] }, C4);
    expect(JSON.stringify(undo.out.tools)).toContain('undo_edit');
  });

  it('R40: leaves out tools that only the provider can run, unless one of them is demanded', () => {
    const search = { type: 'web_search_20250305', name: 'web_search' };
    const { out, lossy } = encode({ ...BASE, tools: [search, TOOL] }, C4);
    expect(out.tools).toHaveLength(1);
    expect(lossy).toEqual(['lossy:tool:web_search_20250305']);
    for (const tool_choice of [{ type: 'tool', name: 'web_search' }, { type: 'any' }]) {
      expect(refusal({ ...BASE, tools: [search], tool_choice })).toMatchObject({
        status: 400,
        message: expect.stringMatching(/^tool_choice: .*not available|^tool_choice: none of the tools/),
      });
    }
    expect(encode({ ...BASE, tools: [search], tool_choice: { type: 'auto' } }, C4).out).not.toHaveProperty(
      'tool_choice',
    );
  });

  it('refuses tools of an MCP server by the name of the field', () => {
    const request = { ...BASE, mcp_servers: [{ name: 'm' }], tools: [{ type: 'mcp_toolset', mcp_server_name: 'm' }] };
    expect(refusal(request)).toMatchObject({ status: 400, message: expect.stringContaining('mcp_servers') });
    expect(encode({ ...BASE, mcp_servers: [{ name: 'm' }] }, C4).lossy).toEqual(['lossy:mcp_servers']);
  });

  it('R41: translates tool_choice', () => {
    const choice = (tool_choice: object) => encode({ ...BASE, tools: [TOOL], tool_choice }, C4).out;
    expect(choice({ type: 'any' })['tool_choice']).toBe('required');
    expect(choice({ type: 'tool', name: 'Read' })['tool_choice']).toEqual({
      type: 'function',
      function: { name: 'Read' },
    });
    expect(choice({ type: 'none' })).toMatchObject({ tool_choice: 'none', tools: [expect.anything()] });
    expect(choice({ type: 'auto' })['tool_choice']).toBe('auto');
    expect(refusal({ ...BASE, tools: [TOOL], tool_choice: { type: 'tool', name: 'Gone' } }).message).toMatch(/Gone/);
  });

  it('R42: forbids parallel calls only when the client does', () => {
    const sent = (tool_choice: object, to = C4) => encode({ ...BASE, tools: [TOOL], tool_choice }, to);
    expect(sent({ type: 'auto', disable_parallel_tool_use: true }).out['parallel_tool_calls']).toBe(false);
    expect(sent({ type: 'auto', disable_parallel_tool_use: false }).out).not.toHaveProperty('parallel_tool_calls');
    expect(sent({ type: 'none', disable_parallel_tool_use: true }).out).not.toHaveProperty('parallel_tool_calls');
    const o3 = { ...C4, model: 'o3', capabilities: new CapabilityTable().for('o3', 'openai') };
    const { out, lossy } = sent({ type: 'auto', disable_parallel_tool_use: true }, o3);
    expect(out).not.toHaveProperty('parallel_tool_calls');
    expect(lossy).toContain('lossy:disable_parallel_tool_use');
  });

  it('R43: is strict where the client is and the schema can be', () => {
    const closed = { ...TOOL.input_schema, additionalProperties: false };
    const sent = (input_schema: object) =>
      encode({ ...BASE, tools: [{ ...TOOL, strict: true, input_schema }] }, C4).out.tools![0]!.function;
    expect(sent(closed)).toMatchObject({ strict: true, parameters: closed });
    expect(sent(TOOL.input_schema)).toMatchObject({ strict: false, parameters: TOOL.input_schema });
  });

  it('R44: sends nothing of the other keys, but examples in the description', () => {
    const more = {
      cache_control: { type: 'ephemeral' },
      defer_loading: false,
      eager_input_streaming: true,
      allowed_callers: ['direct'],
      input_examples: [{ p: 'é'.repeat(900) }, { p: 'x'.repeat(300) }],
    };
    const { out, json } = encode({ ...BASE, tools: [{ ...TOOL, ...more }] }, C4);
    expect(out.tools![0]!.function).toEqual({
      name: 'Read',
      description: `d\n\nExamples:\n{"p":"${'é'.repeat(900)}"}`,
      parameters: TOOL.input_schema,
      strict: false,
    });
    for (const key of Object.keys(more)) expect(json).not.toContain(key);
  });

  it('R45: repairs schemas that OpenAI refuses', () => {
    const parameters = (input_schema: object) =>
      encode({ ...BASE, tools: [{ ...TOOL, input_schema }] }, C4).out.tools![0]!.function['parameters'];
    expect(parameters({ type: 'object', required: null })).toEqual({ type: 'object', properties: {} });
    expect(parameters({ properties: { a: { type: 'array' } } })).toEqual({
      type: 'object',
      properties: { a: { type: 'array', items: {} } },
    });
  });

  it('keeps to the number of tools that the model takes: permanent ones, then the last ones asked for', () => {
    const permanent = Array.from({ length: 127 }, (_, i) => tool(`p${i}`));
    const deferred = ['a', 'b', 'c'].map((name) => tool(name, { defer_loading: true }));
    const references = ['b', 'a', 'c', 'b'].map((tool_name) => ({ type: 'tool_reference', tool_name }));
    const conversation = [U(text('q')), A(call('t1')), U(result('t1', references))];
    const request = { ...BASE, tools: [...deferred, ...permanent], messages: conversation };
    expect(names(request)).toEqual(['b', ...permanent.map((p) => p.name)]);
    expect(encode(request, C4).lossy).toEqual(['lossy:tools']);
  });

  it('opens, then leaves out, a tool that the upstream has refused', () => {
    const table = new CapabilityTable();
    const sent = () =>
      encode({ ...BASE, tools: [TOOL, tool('Write')] }, { ...C5, capabilities: table.for('gpt-5.2', 'openai') });
    table.learn('gpt-5.2', { kind: 'relax_tool', tool: 'Read' });
    expect(sent().out.tools![0]!.function).toEqual({
      name: 'Read',
      description: expect.stringContaining('"properties":{"p"'),
      parameters: { type: 'object', properties: {} },
    });
    table.learn('gpt-5.2', { kind: 'relax_tool', tool: 'Read' });
    expect(sent().out.tools!.map((function_) => function_.function['name'])).toEqual(['Write']);
    expect(sent().lossy).toEqual(['lossy:tool:Read']);
  });
});
