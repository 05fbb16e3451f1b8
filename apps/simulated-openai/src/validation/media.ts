import { invalidRequest, type ApiError } from '../api-error.js';

const IMAGE_TYPES = new Set(['image/png', 'image/jpeg', 'image/jpg', 'image/gif', 'image/webp']);

interface DataUrl {
  readonly mediaType: string;
  readonly base64: string;
}

/** `data:<media type>;base64,<data>`; undefined when the text has another form. */
function parseDataUrl(url: string): DataUrl | undefined {
  const comma = url.indexOf(',');
  const head = /^data:([^;,]*);base64$/.exec(url.slice(0, comma));
  return head ? { mediaType: head[1] ?? '', base64: url.slice(comma + 1) } : undefined;
}

/** Padding is demanded, line breaks are not allowed. Written as a scan so that a large image costs no backtracking. */
export function isBase64(text: string): boolean {
  return text.length > 0 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

/**
 * An image by URL: `https`/`http`, or a base64 data URL of png, jpeg, gif or webp.
 * @throws ApiError
 */
export function checkImageUrl(url: string, param: string): void {
  if (/^https?:\/\/[^\s/]+/i.test(url)) return;
  const example = "'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='";
  if (!url.startsWith('data:')) {
    throw invalidRequest(
      `Invalid '${param}'. Expected a valid URL, but got a value with an invalid format.`,
      param,
      'invalid_value',
    );
  }
  const wanted = `Expected a base64-encoded data URL with an image MIME type (e.g. ${example})`;
  const data = parseDataUrl(url);
  if (!data) throw malformed(param, `${wanted}, but got an invalid data URL.`, 'invalid_value');
  if (!IMAGE_TYPES.has(data.mediaType)) {
    throw malformed(param, `${wanted}, but got unsupported MIME type '${data.mediaType}'.`, 'invalid_image_format');
  }
  if (!isBase64(data.base64))
    throw malformed(param, `${wanted}, but got an invalid base64-encoded value.`, 'invalid_base64_image');
}

/**
 * The `file_data` of a file part: a base64 data URL of a PDF.
 * @throws ApiError
 */
export function checkFileData(value: string, param: string): void {
  const wanted = `Expected a base64-encoded data URL with an application/pdf MIME type (e.g. 'data:application/pdf;base64,JVBERi0xLjQ=')`;
  const data = parseDataUrl(value);
  if (!data) throw malformed(param, `${wanted}, but got a value without the 'data:' prefix.`, 'invalid_value');
  if (data.mediaType !== 'application/pdf') {
    throw malformed(param, `${wanted}, but got unsupported MIME type '${data.mediaType}'.`, 'invalid_value');
  }
  if (!isBase64(data.base64))
    throw malformed(param, `${wanted}, but got an invalid base64-encoded value.`, 'invalid_value');
}

const malformed = (param: string, text: string, code: string): ApiError =>
  invalidRequest(`Invalid '${param}'. ${text}`, param, code);
