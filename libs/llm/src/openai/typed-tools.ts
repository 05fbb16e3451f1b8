import type { JsonSchema, Tool } from '../canonical/request.js';

/** A tool that the client runs, as a plain function. */
export interface FunctionDefinition {
  readonly description: string;
  readonly parameters: JsonSchema;
}

/**
 * Anthropic's typed client tools (`bash_20250124`, `text_editor_…`, `memory_…`, `computer_…`) have no schema on the wire:
 * Claude was trained on them. For another model they become functions with the arguments that Anthropic's docs describe and
 * a short description.
 *
 * @returns undefined for every other type.
 */
export function typedToolFunction(tool: Tool): FunctionDefinition | undefined {
  const type = tool.type ?? '';
  if (type.startsWith('bash_2')) return BASH;
  if (type.startsWith('memory_2')) return MEMORY;
  if (type.startsWith('text_editor_2')) return textEditor(type);
  if (type.startsWith('computer_2')) return computer(tool, type);
  return undefined;
}

const string = (description: string) => ({ type: 'string', description });
const integer = (description: string) => ({ type: 'integer', description });

function parameters(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[]): JsonSchema {
  return { type: 'object', properties, required };
}

const BASH: FunctionDefinition = {
  description: 'Runs a command in a bash session that keeps its state between calls.',
  parameters: parameters(
    {
      command: string('The command to run. Required unless restart is true.'),
      restart: { type: 'boolean', description: 'True starts the session anew.' },
    },
    [],
  ),
};

const LINE_RANGE: JsonSchema = {
  type: 'array',
  items: { type: 'integer' },
  description: 'First and last line to show with view, counted from 1; -1 as the last means the end of the file.',
};

const MEMORY: FunctionDefinition = {
  description:
    'Reads and writes memory files below /memories, which outlast the conversation. Look there first, and note what will be needed later.',
  parameters: parameters(
    {
      command: { type: 'string', enum: ['view', 'create', 'str_replace', 'insert', 'delete', 'rename'] },
      path: string('The file or directory, for every command but rename.'),
      file_text: string('Content of the file to create.'),
      old_str: string('Text to replace; it must occur exactly once.'),
      new_str: string('The text in its place.'),
      insert_line: integer('The line after which insert_text goes; 0 is the beginning.'),
      insert_text: string('The text to insert.'),
      old_path: string('What to rename.'),
      new_path: string('The new path.'),
      view_range: LINE_RANGE,
    },
    ['command'],
  ),
};

function textEditor(type: string): FunctionDefinition {
  // Claude 4's versions of the tool came without undo.
  const undo = type === 'text_editor_20241022' || type === 'text_editor_20250124';
  const commands = ['view', 'create', 'str_replace', 'insert', ...(undo ? ['undo_edit'] : [])];
  return {
    description: 'Views, creates and edits text files.',
    parameters: parameters(
      {
        command: { type: 'string', enum: commands },
        path: string('The file or directory.'),
        file_text: string('Content of the file to create.'),
        old_str: string('Text to replace; it must occur exactly once.'),
        new_str: string('The text in its place, or the text to insert.'),
        insert_line: integer('The line after which the text goes; 0 is the beginning.'),
        insert_text: string('The text to insert.'),
        view_range: LINE_RANGE,
      },
      ['command', 'path'],
    ),
  };
}

const ACTIONS = [
  'key',
  'type',
  'mouse_move',
  'left_click',
  'left_click_drag',
  'right_click',
  'middle_click',
  'double_click',
  'screenshot',
  'cursor_position',
];
/** Added with `computer_20250124`. */
const LATER_ACTIONS = ['left_mouse_down', 'left_mouse_up', 'scroll', 'hold_key', 'wait', 'triple_click'];

function computer(tool: Tool, type: string): FunctionDefinition {
  const { display_width_px: width, display_height_px: height } = tool;
  const zoom = tool['enable_zoom'] === true;
  const actions = [...ACTIONS, ...(type === 'computer_20241022' ? [] : LATER_ACTIONS), ...(zoom ? ['zoom'] : [])];
  return {
    description: `Uses the mouse and keyboard of a computer and takes screenshots. The screen is ${String(width)} by ${String(height)} pixels; take a screenshot to see the effect of an action.`,
    parameters: parameters(
      {
        action: { type: 'string', enum: actions },
        coordinate: point('Where to act: x and y in pixels from the upper left corner.'),
        start_coordinate: point('Where left_click_drag begins.'),
        text: string(
          'The text to type, the keys to press (such as ctrl+s), or the keys to hold during a click or scroll.',
        ),
        scroll_direction: { type: 'string', enum: ['up', 'down', 'left', 'right'] },
        scroll_amount: integer('Clicks of the scroll wheel.'),
        duration: { type: 'number', description: 'Seconds to wait or to hold a key.' },
        ...(zoom && { region: { ...point('The part to magnify: x and y of two opposite corners.') } }),
      },
      ['action'],
    ),
  };
}

function point(description: string): JsonSchema {
  return { type: 'array', items: { type: 'integer' }, description };
}
