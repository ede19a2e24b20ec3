// What the reader is looking at. Everything that is drawn follows from the run and from this.
import { inGroup } from './model/kinds';
import type { Run } from './model/run';
import { Camera } from './view/camera';

export class State {
  cursor = 1; // the event that the page tells of
  group = 'all'; // what stepping stops at
  stepNode = ''; // '': at every node
  client: string | null = null;
  readonly hiddenTypes = new Set<string>();
  readonly camera: Camera;
  private readonly listeners: (() => void)[] = [];
  private pending = false;

  constructor(readonly run: Run) {
    this.camera = new Camera(run.duration);
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  // All listeners run once in the next frame.
  changed(): void {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      for (const listener of this.listeners) listener();
    });
  }

  go(id: number): void {
    this.cursor = Math.min(Math.max(1, id), this.run.events.length);
    this.camera.reveal(this.run.event(this.cursor).t);
    this.changed();
  }

  // To what a list offers: close enough to see what is around it.
  visit(id: number): void {
    this.go(id);
    this.camera.approach(this.run.event(this.cursor).t);
  }

  step(direction: 1 | -1, wanted = (id: number): boolean => this.stopsAt(id)): boolean {
    for (let id = this.cursor + direction; id >= 1 && id <= this.run.events.length; id += direction) {
      if (!wanted(id)) continue;
      this.go(id);
      return true;
    }
    return false;
  }

  private stopsAt(id: number): boolean {
    const event = this.run.event(id);
    return inGroup(this.group, event.event) && (this.stepNode === '' || event.node === this.stepNode);
  }
}
