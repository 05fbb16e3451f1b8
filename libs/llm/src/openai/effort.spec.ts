import { describe, expect, it } from '@jest/globals';
import type { Effort, Thinking } from '../canonical/request.js';
import { chooseEffort } from './effort.js';

const ALL: Effort[] = ['none', 'low', 'medium', 'high', 'xhigh'];
const thinking = (type: string, budgetTokens?: number): Thinking => ({ type, budgetTokens, display: undefined });

function choose(
  asked: { thinking?: Thinking; effort?: Effort; maxTokens?: number },
  { efforts = ALL, configured }: { efforts?: readonly Effort[]; configured?: Effort } = {},
): Effort | undefined {
  return chooseEffort({
    request: { thinking: asked.thinking, effort: asked.effort, maxTokens: asked.maxTokens ?? 32_000, messages: [] },
    capabilities: { efforts },
    configured,
  });
}

describe('R49: chooseEffort', () => {
  it.each<[string, Parameters<typeof choose>, Effort | undefined]>([
    ['nothing for a model without reasoning', [{ effort: 'high' }, { efforts: [] }], undefined],
    ['the operator’s when the client asks for nothing', [{ maxTokens: 100 }, { configured: 'medium' }], 'medium'],
    ['the client’s before the operator’s', [{ effort: 'low' }, { configured: 'high' }], 'low'],
    ['the weakest when thinking is disabled', [{ thinking: thinking('disabled'), effort: 'high' }], 'none'],
    ['the weakest there is', [{ thinking: thinking('disabled') }, { efforts: ['minimal', 'low'] }], 'minimal'],
    ['the weakest for a side call', [{ maxTokens: 4096 }], 'none'],
    ['the model’s default for a main request', [{ maxTokens: 4097 }], undefined],
    ['the word itself', [{ effort: 'medium' }], 'medium'],
    ['the next weaker word', [{ effort: 'max' }], 'xhigh'],
    ['one more step down', [{ effort: 'max' }, { efforts: ['low', 'high'] }], 'high'],
    ['the weakest when all are stronger', [{ effort: 'low' }, { efforts: ['medium', 'high'] }], 'medium'],
    ['high for adaptive thinking', [{ thinking: thinking('adaptive') }], 'high'],
    ['high for a mode of the future', [{ thinking: thinking('dreaming') }], 'high'],
    ['medium between tools', [{ thinking: thinking('between_tools') }], 'medium'],
    ['the effort between tools', [{ thinking: thinking('between_tools'), effort: 'low' }], 'low'],
    ['low for a small budget', [{ thinking: thinking('enabled', 3999) }], 'low'],
    ['medium for 4000', [{ thinking: thinking('enabled', 4000) }], 'medium'],
    ['high for 10000', [{ thinking: thinking('enabled', 10_000) }], 'high'],
    ['xhigh for 31999', [{ thinking: thinking('enabled', 31_999) }], 'xhigh'],
    [
      'high for 31999 where that is the most',
      [{ thinking: thinking('enabled', 31_999) }, { efforts: ['high'] }],
      'high',
    ],
  ])('gives %s', (_, [asked, more], expected) => {
    expect(choose(asked, more)).toBe(expected);
  });
});
