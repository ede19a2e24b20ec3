import { type Scene, font } from './scene';

const steps = [1, 2, 5];

// The least round step that is at least this.
export const roundStep = (least: number): number => {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return (steps.find((step) => step * power >= least) ?? 10) * power;
};

export const tickLabel = (t: number, step: number): string => {
  const [unit, name] = step >= 1e8 ? [1e9, 's'] : [1e6, 'ms'];
  const digits = Math.max(0, Math.ceil(Math.log10(unit / step)));
  return `${(t / unit).toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${name}`;
};

export const drawAxis = ({ context, camera, layout, colors }: Scene): void => {
  const step = roundStep(camera.perPixel * 105);
  context.font = font(11);
  context.textBaseline = 'middle';
  context.textAlign = 'center';
  context.lineWidth = 1;
  for (let t = Math.ceil(camera.from / step) * step; t <= camera.to; t += step) {
    if (t < 0) continue;
    const x = Math.round(camera.x(t)) + 0.5;
    context.strokeStyle = colors.line;
    context.beginPath();
    context.moveTo(x, layout.axis.height - 5);
    context.lineTo(x, layout.height);
    context.stroke();
    context.fillStyle = colors.muted;
    if (x > layout.left + 20 && x < layout.right - 20) context.fillText(tickLabel(t, step), x, layout.axis.height / 2 - 2);
  }
};
