/** Names that come from outside: the first 200 are told apart, all later ones are `other`. */
export class BoundedNames {
  private readonly known = new Set<string>();

  constructor(private readonly most = 200) {}

  name(raw: string): string {
    if (this.known.has(raw)) return raw;
    if (this.known.size >= this.most) return 'other';
    this.known.add(raw);
    return raw;
  }
}
