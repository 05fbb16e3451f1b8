/** Remembers so many strings; the oldest are forgotten first. */
export class RecentSet {
  private readonly members = new Set<string>();

  constructor(private readonly limit: number) {}

  has(member: string): boolean {
    return this.members.has(member);
  }

  add(member: string): void {
    this.members.add(member);
    const [oldest] = this.members;
    if (this.members.size > this.limit && oldest !== undefined) this.members.delete(oldest);
  }
}
