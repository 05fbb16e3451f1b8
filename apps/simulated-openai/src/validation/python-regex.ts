/**
 * Whether OpenAI takes a string as the `pattern` of a tool's schema. The real service checks schemas with Python's
 * `jsonschema`, whose "regex" format is `re.compile`; what ECMAScript has and Python lacks is answered with 400
 * "… is not a 'regex'". Look-around and numbered back references are fine there.
 */
export function isPythonRegex(pattern: string): boolean {
  return !hasForeignConstruct(pattern) && compiles(pattern);
}

/** Letters that Python's `re` takes after a backslash; any other ASCII letter is "bad escape". */
const ESCAPES = new Set('AbBdDsSwWZafnrtvxuUN');

function hasForeignConstruct(pattern: string): boolean {
  for (let index = 0; index < pattern.length; index += 1) {
    if (pattern[index] === '\\') {
      index += 1;
      const escaped = pattern[index] ?? '';
      if (escaped === '' || (/[A-Za-z]/.test(escaped) && !ESCAPES.has(escaped))) return true;
      if (escaped === 'u' && !/^[0-9a-fA-F]{4}/.test(pattern.slice(index + 1))) return true;
      if (escaped === 'x' && !/^[0-9a-fA-F]{2}/.test(pattern.slice(index + 1))) return true;
    } else if (pattern.startsWith('(?<', index) && !/^\(\?<[=!]/.test(pattern.slice(index, index + 4))) {
      return true; // a named group: Python spells it (?P<name>…)
    }
  }
  return false;
}

/** Syntax that both languages share is checked with the engine at hand. */
function compiles(pattern: string): boolean {
  try {
    RegExp(pattern.replaceAll('(?P<', '(?<').replace(/^\(\?[aiLmsux]+\)/, ''));
    return true;
  } catch {
    return false;
  }
}
