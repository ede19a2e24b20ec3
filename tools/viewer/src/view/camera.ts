// Which part of virtual time is on the screen.
const shortest = 200; // nanoseconds from edge to edge

export class Camera {
  from = 0;
  to = 1;
  left = 0; // pixels
  width = 1;

  constructor(private readonly duration: number) {
    this.fit();
  }

  fit(): void {
    const margin = this.duration * 0.01;
    this.show(-margin, this.duration + margin);
  }

  show(from: number, to: number): void {
    const span = Math.min(Math.max(to - from, shortest), this.duration * 1.1);
    const middle = (from + to) / 2;
    this.from = middle - span / 2;
    this.to = middle + span / 2;
    this.stayInside();
  }

  x(t: number): number {
    return this.left + ((t - this.from) / (this.to - this.from)) * this.width;
  }

  t(x: number): number {
    return this.from + ((x - this.left) / this.width) * (this.to - this.from);
  }

  get perPixel(): number {
    return (this.to - this.from) / this.width;
  }

  zoom(factor: number, around: number): void {
    const span = Math.min(Math.max((this.to - this.from) * factor, shortest), this.duration * 1.1);
    const share = (around - this.from) / (this.to - this.from);
    this.from = around - share * span;
    this.to = this.from + span;
    this.stayInside();
  }

  pan(pixels: number): void {
    const by = pixels * this.perPixel;
    this.from += by;
    this.to += by;
    this.stayInside();
  }

  // Moves only when the time is not on the screen.
  reveal(t: number): void {
    const span = this.to - this.from;
    if (t >= this.from + span * 0.005 && t <= this.to - span * 0.005) return;
    this.from = t - span / 2;
    this.to = t + span / 2;
    this.stayInside();
  }

  approach(t: number): void {
    const span = Math.min(this.to - this.from, this.duration / 4);
    this.show(t - span / 2, t + span / 2);
  }

  private stayInside(): void {
    const span = this.to - this.from;
    const slack = Math.min(span * 0.05 + this.duration * 0.01, span * 0.4);
    const from = Math.max(-slack, Math.min(this.from, this.duration + slack - span));
    this.from = span > this.duration + 2 * slack ? this.from : from;
    this.to = this.from + span;
  }
}
