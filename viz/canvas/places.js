// Where marks and cells of a field lie: rows of agents, a map, or cells of a map.
import { numbers } from "./common.js";

const MARGIN = 14;
const FULL_SCALE = 65535;
/** How much a map may be drawn wider or higher than it is, to use the room. */
const MOST_STRETCHED = 2;

/** Lay out a field for a size; everything in CSS pixels before zooming. */
export function laidOut(model, { w, h, ratio }) {
  const ground = model.get("ground");
  const isBinned = ground.cells < ground.agents;
  const places = model.get("places");
  if (isBinned) return binned(ground, numbers(places, Uint32Array), w, h, ratio);
  return places && places.byteLength
    ? mapped(model, ground, numbers(places, Uint16Array), numbers(model.get("sizes"), Float32Array), w, h)
    : inRows(ground, w, h);
}

function inRows(ground, w, h) {
  const n = ground.cells;
  const [columns, pitch] = fitting(n, w - 2 * MARGIN, h - 2 * MARGIN, 76);
  const rows = Math.ceil(n / columns);
  const left = (w - (columns - 1) * pitch) / 2;
  const top = (h - (rows - 1) * pitch) / 2;
  const xs = new Float32Array(n);
  const ys = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    xs[i] = left + (i % columns) * pitch;
    ys[i] = top + Math.floor(i / columns) * pitch;
  }
  const radii = new Float32Array(n).fill(Math.min(18, Math.max(1, 0.36 * pitch)));
  return { isBinned: false, isMap: false, n, columns, xs, ys, radii };
}

function fitting(n, w, h, most) {
  let best = [1, 0];
  const guess = Math.sqrt((n * Math.max(1, w)) / Math.max(1, h));
  for (let columns = Math.max(1, Math.floor(guess) - 2); columns <= Math.ceil(guess) + 2; columns++) {
    const pitch = Math.min(w / columns, h / Math.ceil(n / columns));
    if (pitch > best[1]) best = [columns, pitch];
  }
  return [best[0], Math.min(best[1], most)];
}

function mapped(model, ground, places, sizes, w, h) {
  const n = ground.cells;
  const { left, top, wide, high } = boxOf(ground.aspect, w, h, MARGIN + 6);
  const edges = model.get("edges");
  const most = edges && edges.byteLength ? 8 : 13;
  const middle = Math.min(most, Math.max(2.4, 0.27 * Math.sqrt((wide * high) / Math.max(1, n))));
  const xs = new Float32Array(n);
  const ys = new Float32Array(n);
  const radii = new Float32Array(n).fill(middle);
  const largest = sizes.length ? sizes.reduce((a, b) => Math.max(a, b), 0) || 1 : 1;
  for (let i = 0; i < n; i++) {
    xs[i] = left + (places[2 * i] / FULL_SCALE) * wide;
    ys[i] = top + (places[2 * i + 1] / FULL_SCALE) * high;
    if (sizes.length) {
      radii[i] = middle * (0.62 + 1.4 * Math.sqrt(Math.max(0, sizes[i]) / largest));
    }
  }
  return { isBinned: false, isMap: true, n, columns: 0, xs, ys, radii };
}

function boxOf(aspect, w, h, margin) {
  const room = { w: Math.max(10, w - 2 * margin), h: Math.max(10, h - 2 * margin) };
  const own = room.w / room.h;
  const stretched = Math.min(aspect * MOST_STRETCHED, Math.max(aspect / MOST_STRETCHED, own));
  const wide = Math.min(room.w, room.h * stretched);
  const high = wide / stretched;
  return { left: (w - wide) / 2, top: (h - high) / 2, wide, high };
}

function binned(ground, slots, w, h, ratio) {
  const n = ground.cells;
  let { columns, rows } = ground;
  if (!columns) {
    columns = fitting(n, w, h, 1000)[0];
    rows = Math.ceil(n / columns);
  }
  const side = Math.max(1, Math.min(14, Math.floor(Math.min(w / columns, h / rows) * ratio)));
  const cellAt = new Int32Array(columns * rows).fill(-1);
  for (let i = 0; i < n; i++) cellAt[slots.length ? slots[i] : i] = i;
  const pitch = side / ratio;
  const left = Math.round(((w - columns * pitch) / 2) * ratio) / ratio;
  const top = Math.round(((h - rows * pitch) / 2) * ratio) / ratio;
  return { isBinned: true, isMap: slots.length > 0, n, columns, rows, slots, cellAt, side, pitch, left, top };
}
