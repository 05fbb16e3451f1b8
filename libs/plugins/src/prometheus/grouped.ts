/** One thing per combination of three strings, made when it is first asked for. Three look-ups cost less than one joined key. */
export class Grouped<T> {
  private readonly groups = new Map<string, Map<string, Map<string, T>>>();

  constructor(private readonly make: (first: string, second: string, third: string) => T) {}

  of(first: string, second: string, third: string): T {
    const known = this.groups.get(first)?.get(second)?.get(third);
    return known ?? this.add(first, second, third);
  }

  private add(first: string, second: string, third: string): T {
    const thing = this.make(first, second, third);
    let byFirst = this.groups.get(first);
    if (!byFirst) this.groups.set(first, (byFirst = new Map()));
    let bySecond = byFirst.get(second);
    if (!bySecond) byFirst.set(second, (bySecond = new Map()));
    bySecond.set(third, thing);
    return thing;
  }
}
