// The canvas with the lanes: draws them, and follows the mouse.
import { story } from '../model/story';
import type { State } from '../state';
import { currentColors } from '../theme';
import { drawMessages } from './arrows';
import { drawAxis } from './axis';
import { drawCalls } from './call-bars';
import { drawFaults } from './faults';
import { drawLaneLabels, drawLaneNames, drawLanes } from './lanes';
import { layOut } from './layout';
import { drawChain, drawChecks, drawCursor, drawMarks } from './marks';
import { pick } from './pick';
import type { Scene } from './scene';

export class TimelineView {
  bundled = 0; // messages that are not drawn one by one
  private scene: Scene;

  constructor(private readonly canvas: HTMLCanvasElement, private readonly tip: HTMLElement, private readonly state: State) {
    this.scene = this.newScene();
    this.listen();
    new ResizeObserver(() => state.changed()).observe(canvas);
  }

  draw(): void {
    this.scene = this.newScene();
    const { context, layout } = this.scene;
    context.save();
    context.beginPath();
    context.rect(layout.left, 0, layout.right - layout.left, layout.height);
    context.clip();
    drawAxis(this.scene);
    drawLanes(this.scene);
    drawFaults(this.scene);
    this.bundled = drawMessages(this.scene);
    drawMarks(this.scene);
    drawChain(this.scene);
    drawLaneLabels(this.scene);
    drawCalls(this.scene);
    drawChecks(this.scene);
    drawCursor(this.scene);
    context.restore();
    drawLaneNames(this.scene);
  }

  private newScene(): Scene {
    const { canvas, state } = this;
    const { run, camera } = state;
    const [width, height, scale] = [canvas.clientWidth, canvas.clientHeight, devicePixelRatio];
    if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
    if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
    const context = canvas.getContext('2d')!;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    const layout = layOut(width, height, run.nodes.length, Math.min(3, Math.ceil(run.faults.filter(({ ends }) => !ends).length / 2)), run.calls.rows);
    camera.left = layout.left;
    camera.width = layout.right - layout.left;
    return { context, run, state, camera, layout, colors: currentColors(), targets: [], arrows: [] };
  }

  private listen(): void {
    const { canvas, state } = this;
    let dragged = 0;
    canvas.addEventListener('pointerdown', (event) => {
      dragged = 0;
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (event.buttons !== 1) return this.hover(event.offsetX, event.offsetY);
      dragged += Math.abs(event.movementX) + Math.abs(event.movementY);
      if (dragged > 3) this.move(() => state.camera.pan(-event.movementX));
    });
    canvas.addEventListener('pointerup', (event) => {
      if (dragged <= 3) state.go(pick(this.scene, event.offsetX, event.offsetY).id);
    });
    canvas.addEventListener('pointerleave', () => (this.tip.hidden = true));
    canvas.addEventListener('dblclick', (event) => this.move(() => state.camera.zoom(0.25, state.camera.t(event.offsetX))));
    canvas.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const { camera } = this.state;
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    this.move(() => {
      if (sideways) camera.pan(event.deltaX || event.deltaY);
      else camera.zoom(1.0015 ** event.deltaY, camera.t(event.offsetX));
    });
  }

  private move(change: () => void): void {
    change();
    this.tip.hidden = true;
    this.state.changed();
  }

  private hover(x: number, y: number): void {
    if (x < this.scene.layout.left) {
      this.tip.hidden = true;
      return;
    }
    const { id, tip } = pick(this.scene, x, y);
    this.tip.textContent = tip ?? story(this.state.run.event(id));
    this.tip.hidden = false;
    this.tip.style.left = `${Math.min(x + 14, this.scene.layout.width - 330)}px`;
    this.tip.style.top = `${y + 16}px`;
  }
}
