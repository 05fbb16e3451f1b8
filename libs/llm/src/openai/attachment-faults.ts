import type { UpstreamFault } from './upstream-fault.js';

const IMAGE =
  /\bimage(?:_url)?s?\b.*\b(?:invalid|unsupported|not supported|not a valid|could not|cannot|failed|corrupt|too large|too big|exceeds?|only supported|download)|\b(?:invalid|unsupported|failed|could not|cannot|unable)\b.*\bimage/is;
const PDF =
  /\bpdf\b|\bfile_data\b|\binput_file\b|\binvalid_file|\bfile\b.*\b(?:invalid|unsupported|not supported|could not|corrupt|too large)/is;

/**
 * Claude Code takes an image or a document out of the conversation and asks again when it reads these words, and only
 * the one at fault when it reads where it stands.
 *
 * @param message the upstream's, fit to be shown.
 * @returns the message for the client, or undefined when the fault is another.
 */
export function attachmentFault(
  fault: UpstreamFault,
  message: string,
  clientPath: ((pointer: string) => string | undefined) | undefined,
): string | undefined {
  const { code, param } = fault;
  if (/^(?:invalid_)?image|_image\b|^image_/.test(code) || IMAGE.test(fault.message)) {
    const path = positionOf(fault, clientPath);
    return `Could not process image${path === undefined ? '' : ` ${path}.image`}: ${message}`;
  }
  if (!/file|pdf/i.test(`${code} ${param}`) && !PDF.test(fault.message)) return undefined;
  return /not support|unsupported|only supported/i.test(fault.message)
    ? `This model does not support PDF input: ${message}`
    : `Could not process PDF: ${message}`;
}

/** Where the upstream says the part stands, in its parameter or in its words. */
function positionOf(
  { param, message }: UpstreamFault,
  clientPath: ((pointer: string) => string | undefined) | undefined,
): string | undefined {
  const pointer = /\b(?:messages|input)\[\d+\]\.(?:content|output)\[\d+\]/.exec(`${param} ${message}`)?.[0];
  return pointer === undefined ? undefined : clientPath?.(pointer);
}
