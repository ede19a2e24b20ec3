// The whole run in one strip: who led, what broke, and which part is on the screen.
import type { State } from '../state';
import { currentColors, isDark, termColor } from '../theme';

const drawRun = (pen: CanvasRenderingContext2D, { run }: State, x: (t: number) => number, height: number): void => {
  const colors = currentColors();
  const lane = (height - 6) / run.nodes.length;
  run.spans.forEach((spans, number) => {
    for (const span of spans) {
      if (span.status !== 'up') continue;
      pen.globalAlpha = span.role === 'leader' ? 1 : 0.25;
      pen.fillStyle = termColor(span.term, colors.dark);
      pen.fillRect(x(span.from), 3 + number * lane, Math.max(0.5, x(span.to) - x(span.from)), Math.max(1, lane - 1));
    }
  });
  pen.globalAlpha = 1;
  pen.fillStyle = colors.fault;
  for (const fault of run.faults) if (fault.kind !== 'note') pen.fillRect(x(fault.from), 0, 1.5, 3);
  pen.fillStyle = colors.bad;
  for (const check of [...run.expectations, ...run.violations]) if (check.held === false) pen.fillRect(x(check.t) - 1, 0, 2, height);
};

const drawWindow = (pen: CanvasRenderingContext2D, { camera, run, cursor }: State, x: (t: number) => number, width: number, height: number): void => {
  const colors = currentColors();
  const [from, to] = [Math.max(0, x(camera.from)), Math.min(width, x(camera.to))];
  pen.fillStyle = colors.surface;
  pen.globalAlpha = 0.65;
  pen.fillRect(0, 0, from, height);
  pen.fillRect(to, 0, width - to, height);
  pen.globalAlpha = 1;
  pen.strokeStyle = colors.muted;
  pen.lineWidth = 1;
  pen.strokeRect(from + 0.5, 0.5, Math.max(3, to - from) - 1, height - 1);
  pen.fillStyle = colors.ink;
  pen.fillRect(x(run.event(cursor).t) - 0.5, 0, 1, height);
};

export class Minimap {
  private readonly picture = document.createElement('canvas');
  private pictureOf = '';

  constructor(private readonly canvas: HTMLCanvasElement, private readonly state: State) {
    const move = (event: PointerEvent): void => {
      const t = ((event.offsetX - 0) / canvas.clientWidth) * state.run.duration;
      const span = state.camera.to - state.camera.from;
      state.camera.show(t - span / 2, t + span / 2);
      state.changed();
    };
    canvas.addEventListener('pointerdown', (event) => {
      canvas.setPointerCapture(event.pointerId);
      move(event);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (event.buttons === 1) move(event);
    });
  }

  draw(): void {
    const { canvas, state } = this;
    const [width, height, scale] = [canvas.clientWidth, canvas.clientHeight, devicePixelRatio];
    const x = (t: number): number => (t / state.run.duration) * width;
    const pen = this.pen(canvas, width, height, scale);
    pen.clearRect(0, 0, width, height);
    pen.drawImage(this.runPicture(x, width, height, scale), 0, 0, width, height);
    drawWindow(pen, state, x, width, height);
  }

  private pen(canvas: HTMLCanvasElement, width: number, height: number, scale: number): CanvasRenderingContext2D {
    if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
    if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
    const pen = canvas.getContext('2d')!;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    return pen;
  }

  // Drawn once for each size and theme.
  private runPicture(x: (t: number) => number, width: number, height: number, scale: number): HTMLCanvasElement {
    const made = `${width} ${height} ${scale} ${isDark()}`;
    if (made === this.pictureOf) return this.picture;
    const pen = this.pen(this.picture, width, height, scale);
    pen.clearRect(0, 0, width, height);
    drawRun(pen, this.state, x, height);
    this.pictureOf = made;
    return this.picture;
  }
}
