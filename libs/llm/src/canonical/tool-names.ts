/** Tool names as the upstream sees them ⇄ as the client knows them; made per request, deterministic. */
export interface ToolNames {
  /** Client's name → upstream's. Same string when the name is acceptable as it is. */
  upstream(name: string): string;
  /** Upstream's name → client's; unknown names come back unchanged. */
  client(name: string): string;
}
