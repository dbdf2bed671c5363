// The marks that stand beside a colour, as paths on a canvas, as hatches of a cell, and in legends.
import { colourOf, made, said } from "./common.js";

const ARMS = [[-1, -0.38], [-0.38, -1], [0, -0.62], [0.38, -1], [1, -0.38], [0.62, 0],
  [1, 0.38], [0.38, 1], [0, 0.62], [-0.38, 1], [-1, 0.38], [-0.62, 0]];
const MOST_ENTRIES = 9;
const CORNERS = {
  cross: ARMS,
  square: [[-0.86, -0.86], [0.86, -0.86], [0.86, 0.86], [-0.86, 0.86]],
  triangle: [[0, -1.1], [1.05, 0.8], [-1.05, 0.8]],
  wedge: [[0, 1.1], [1.05, -0.8], [-1.05, -0.8]],
  diamond: [[0, -1.2], [1.1, 0], [0, 1.2], [-1.1, 0]],
  plus: [[-0.36, -1.05], [0.36, -1.05], [0.36, -0.36], [1.05, -0.36], [1.05, 0.36], [0.36, 0.36],
    [0.36, 1.05], [-0.36, 1.05], [-0.36, 0.36], [-1.05, 0.36], [-1.05, -0.36], [-0.36, -0.36]],
  dash: [[-0.8, -0.2], [0.8, -0.2], [0.8, 0.2], [-0.8, 0.2]],
};

/** Add a mark to a path, or to a context's current one: single small paths are drawn faster. */
export function mark(path, shape, x, y, r) {
  const corners = CORNERS[shape];
  if (corners) {
    path.moveTo(x + corners[0][0] * r, y + corners[0][1] * r);
    for (let i = 1; i < corners.length; i++) path.lineTo(x + corners[i][0] * r, y + corners[i][1] * r);
    path.closePath();
    return;
  }
  const radius = shape === "dot" ? r * 0.5 : r;
  path.moveTo(x + radius, y);
  path.arc(x, y, radius, 0, 2 * Math.PI);
  if (shape === "ring") {
    path.moveTo(x + radius * 0.5, y);
    path.arc(x, y, radius * 0.5, 0, 2 * Math.PI, true);
  }
}

/** Say whether a pixel of a cell is part of the cell's hatch. */
export function isHatched(shape, x, y, side) {
  switch (shape) {
    case "disc": return false;
    case "cross": return (x + y) % side < side / 3;
    case "ring": return y < side / 3;
    case "square": return x < side / 3;
    case "triangle": return (x - y + side) % side < side / 3;
    case "diamond": return x < side / 2 === y < side / 2;
    case "wedge": return x < side / 3 || y < side / 3;
    case "plus": return x >= side / 3 && y >= side / 3;
    default: return x < side / 3 || y < side / 3;
  }
}

/** Draw a mark of a legend as an element. */
export function swatch(parent, shape, colour, isCell) {
  const canvas = made(parent, "canvas", "sb-swatch");
  const ratio = 2;
  canvas.width = canvas.height = 14 * ratio;
  /** Draw it elsewhere too: see saving.js. */
  canvas.paint = (ctx, left, top, wide) => {
    const unit = wide / 28;
    ctx.fillStyle = colour;
    if (isCell) {
      ctx.globalAlpha = 0.45;
      ctx.fillRect(left + 2 * unit, top + 2 * unit, 24 * unit, 24 * unit);
      ctx.globalAlpha = 1;
      for (let x = 0; x < 24; x++) {
        for (let y = 0; y < 24; y++) {
          if (!isHatched(shape, x % 8, y % 8, 8)) ctx.fillRect(left + (2 + x) * unit, top + (2 + y) * unit, unit, unit);
        }
      }
      return;
    }
    const path = new Path2D();
    mark(path, shape, left + 14 * unit, top + 14 * unit, 10 * unit);
    ctx.fill(path);
  };
  canvas.paint(canvas.getContext("2d"), 0, 0, 28);
  return canvas;
}

/** The items that get an entry of their own: those that most chose. */
export function namedItems(items, tally) {
  const ranked = items.map((_, i) => i).sort((a, b) => tally[b] - tally[a] || a - b);
  return ranked.slice(0, MOST_ENTRIES).sort((a, b) => a - b);
}

/**
 * Fill a legend with an entry for each named item. `tally()` gives the numbers of the moment,
 * `note(element, words)` keeps an element's words current.
 */
export function legendOfItems(element, palette, items, tally, note, looks) {
  const named = namedItems(items, tally());
  const share = (i) => (100 * tally()[i]) / (tally().reduce((sum, n) => sum + n, 0) || 1);
  const others = () => items.reduce((sum, _, i) => sum + (named.includes(i) ? 0 : tally()[i]), 0);
  for (const i of named) {
    const [name, colour, shape] = items[i];
    const entry = made(element, "span", "sb-entry");
    swatch(entry, shape, looks === "bare" ? palette.faint : colourOf(palette, colour), looks === "cell");
    made(entry, "span", "", name);
    note(made(entry, "b"), () => said(tally()[i], 0));
    note(made(entry, "span", "sb-faint"), () => `${share(i).toFixed(1)} %`);
  }
  if (named.length < items.length) {
    note(made(element, "span", "sb-entry sb-faint"), () => `others ${said(others(), 0)}`);
  }
}
