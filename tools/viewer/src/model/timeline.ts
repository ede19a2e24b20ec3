// A value that changes with some events: what was it after any event? All history is kept, so going back costs no more than
// going forward.
export class Timeline<T> {
  readonly ids: number[] = [];
  private readonly values: T[] = [];

  constructor(private readonly initial: T) {}

  set(id: number, value: T): void {
    if (value === this.last()) return;
    if (this.ids[this.ids.length - 1] === id) this.values[this.values.length - 1] = value;
    else {
      this.ids.push(id);
      this.values.push(value);
    }
  }

  at(id: number): T {
    const position = upperBound(this.ids, id);
    return position === 0 ? this.initial : this.values[position - 1];
  }

  last(): T {
    return this.values.length === 0 ? this.initial : this.values[this.values.length - 1];
  }
}

// The first position whose value is above the one given.
export const upperBound = (sorted: ArrayLike<number>, value: number): number => {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
};
