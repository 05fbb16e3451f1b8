import { readUsage, type Bill, type ReportedUsage } from './bill.js';
import { isObject } from './validation/checks.js';

/**
 * Listens to what a reply says about tokens, scripted or not: the last word counts, because some servers send cumulative usage
 * with every chunk. Bytes that a script writes as a buffer are not listened to.
 */
export class UsageMeter {
  usage: ReportedUsage | undefined;
  private model: string;

  /** @param model the name that counts when the reply names none */
  constructor(model: string) {
    this.model = model;
  }

  /** A body, or the frame of a stream. */
  hear(text: string): void {
    if (!text.includes('"usage":{')) return;
    const said = parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
    if (!isObject(said)) return;
    const body = isObject(said['response']) ? said['response'] : said;
    this.usage = readUsage(body['usage']) ?? this.usage;
    if (typeof body['model'] === 'string') this.model = body['model'];
  }

  chargeTo(bill: Bill): void {
    if (this.usage) bill.add(this.model, this.usage);
  }
}

/** Scripts may be broken on purpose. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
