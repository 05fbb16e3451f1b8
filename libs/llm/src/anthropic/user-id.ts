import type { RequestUser } from '../canonical/request.js';

/**
 * What `metadata.user_id` tells, in ordinary text. Claude Code writes the session into it: up to version 2.0 as
 * `user_<hash>_account_<uuid>_session_<uuid>`, since 2.1 as the JSON text of `{device_id, account_uuid, session_id}`.
 */
export function requestUser(id: string): RequestUser {
  return fromJson(id) ?? fromUnderscores(id) ?? { id, sessionId: undefined, account: id };
}

function fromJson(id: string): RequestUser | undefined {
  if (!id.startsWith('{')) return undefined;
  try {
    const fields = JSON.parse(id) as Record<string, unknown>;
    const account = [fields['account_uuid'], fields['device_id']].filter(
      (part) => typeof part === 'string' && part !== '',
    );
    return { id, sessionId: nonEmpty(fields['session_id']), account: account.length > 0 ? account.join('/') : id };
  } catch {
    return undefined;
  }
}

function fromUnderscores(id: string): RequestUser | undefined {
  const at = id.lastIndexOf('_session_');
  if (at === -1) return undefined;
  return { id, sessionId: nonEmpty(id.slice(at + '_session_'.length)), account: id.slice(0, at) || id };
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
