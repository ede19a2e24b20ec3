// Where on the canvas what is drawn.
export interface Band {
  y: number;
  height: number;
}

export interface Layout {
  width: number;
  height: number;
  left: number; // the lanes begin here
  right: number;
  axis: Band;
  faults: Band;
  faultRow: number;
  lanes: number[]; // the middle of each
  laneHeight: number;
  checks: Band;
  calls: Band;
}

const gutter = 62;

const callsHeight = (rows: number, height: number): number => (rows === 0 ? 0 : Math.max(24, Math.min(height * 0.25, rows * 13)));

export const layOut = (width: number, height: number, lanes: number, faultRows: number, callRows: number): Layout => {
  const axis: Band = { y: 0, height: 24 };
  const faultRow = 18;
  const faults: Band = { y: axis.height, height: faultRows * faultRow + (faultRows > 0 ? 4 : 0) };
  const callHeight = callsHeight(callRows, height);
  const calls: Band = { y: height - callHeight - 4, height: callHeight };
  const checks: Band = { y: calls.y - 22, height: 18 };
  const top = faults.y + faults.height + 6;
  const pitch = (checks.y - 4 - top) / Math.max(1, lanes);
  return {
    width,
    height,
    left: gutter,
    right: width - 8,
    axis,
    faults,
    faultRow,
    lanes: Array.from({ length: lanes }, (_, lane) => Math.round(top + pitch * (lane + 0.5))),
    laneHeight: 2 * Math.round(Math.max(3, Math.min(10, pitch * 0.225))),
    checks,
    calls,
  };
};
