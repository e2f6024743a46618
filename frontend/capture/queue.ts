// Work in turn, a few at a time: two photographs share a poor line better than ten.

export class Queue {
  private readonly waiting: (() => Promise<void>)[] = [];
  private running = 0;

  constructor(private readonly atOnce: number) {}

  add(work: () => Promise<void>): void {
    this.waiting.push(work);
    this.next();
  }

  private next(): void {
    while (this.running < this.atOnce) {
      const work = this.waiting.shift();
      if (!work) return;
      this.running += 1;
      // Work reports its own failures on its card; the queue only has to go on.
      void work().finally(() => {
        this.running -= 1;
        this.next();
      });
    }
  }
}
