const REDACTED = 'REDACTED';

/** Members of a plugin’s configuration that hold a credential. */
const SECRET_MEMBER =
  /^(?:header_value|param_value|.*(?:password|secret|token|api_?key|credential|private_key|access_key)s?)$/i;
const NOT_SECRET = /^(?:max_tokens|max_tokens_field|max_output_tokens|header_names?)$/i;

/** A plugin’s configuration as it may be shown: credentials replaced, and userinfo and queries taken out of URLs. */
export function maskSecrets(value: unknown, member = ''): unknown {
  if (SECRET_MEMBER.test(member) && !NOT_SECRET.test(member) && value !== null && value !== undefined) return REDACTED;
  if (typeof value === 'string') return withoutUrlSecrets(value);
  if (Array.isArray(value)) return value.map((item) => maskSecrets(item, member));
  if (typeof value !== 'object' || value === null) return value;
  const inHeaders = /headers$/i.test(member);
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, inHeaders ? REDACTED : maskSecrets(inner, name)]),
  );
}

function withoutUrlSecrets(text: string): string {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return text;
  const url = new URL(text);
  if (url.username === '' && url.password === '' && url.search === '') return text;
  url.username = url.username && REDACTED;
  url.password = url.password && REDACTED;
  for (const name of url.searchParams.keys()) url.searchParams.set(name, REDACTED);
  return url.href;
}
