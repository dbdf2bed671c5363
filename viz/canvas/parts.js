// Bars by name, side by side or in parts: see parts.py.
import { colourOf, digitsFor, fitted, font, framed, made, numbers, renewLegend, rowAfter, rowAt, said, withUnit } from "./common.js";
import { mark, swatch } from "./marks.js";

const HINT = "Arrow up and down go from row to row.";
const GAP = 12;

class Parts {
  constructor(model) {
    this.model = model;
    this.kind = "parts";
    this.hint = HINT;
    this.under = -1;
    this.renew();
  }

  renew() {
    this.rows = this.model.get("rows");
    this.items = this.model.get("items");
    this.isWhole = this.model.get("is_whole");
    this.values = numbers(this.model.get("values"), Float32Array);
    this.isStale = true;
  }

  of(row, column) {
    return this.values[row * this.items.length + column];
  }

  sum(row) {
    let sum = 0;
    for (let k = 0; k < this.items.length; k++) sum += this.of(row, k) || 0;
    return sum;
  }

  digits(most) {
    return this.values.every((v) => !Number.isFinite(v) || Number.isInteger(v)) ? 0 : digitsFor(most);
  }

  draw(ctx, { w, h }, palette) {
    if (this.isStale) this.drawLegend(palette);
    this.isStale = false;
    const n = this.rows.length;
    if (!n) return;
    const sums = this.rows.map((_, row) => this.sum(row));
    const most = (this.isWhole ? Math.max(...sums) : Math.max(...[...this.values].filter(Number.isFinite), 0)) || 1;
    const digits = this.digits(most);
    const pitch = (h - 8) / n;
    ctx.font = font(13);
    const left = Math.min(w * 0.34, Math.max(...this.rows.map((name) => ctx.measureText(name).width)) + 14);
    const units = this.items.map(([, , , unit]) => unit);
    const ends = this.isWhole ? sums.map((sum) => withUnit(sum, units[0], digits))
      : [...this.values].map((v, i) => withUnit(v, units[i % units.length], digits));
    const width = Math.max(20, w - left - Math.max(...ends.map((words) => ctx.measureText(words).width)) - 34);
    this.laid = { pitch, left };
    ctx.textBaseline = "middle";
    for (let row = 0; row < n; row++) {
      const top = 4 + row * pitch;
      if (row === this.under) {
        ctx.fillStyle = palette.panel;
        ctx.fillRect(0, top, w, pitch);
      }
      ctx.font = font(13);
      ctx.textAlign = "left";
      ctx.fillStyle = palette.ink;
      ctx.fillText(fitted(ctx, this.rows[row], left - 10), 2, top + pitch / 2);
      const scale = width / most;
      if (this.isWhole) this.drawWhole(ctx, row, { top, pitch, left, scale }, ends[row], palette);
      else this.drawEach(ctx, row, { top, pitch, left, scale }, ends, palette);
    }
    ctx.strokeStyle = palette.line;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(left + 0.5, 4);
    ctx.lineTo(left + 0.5, 4 + n * pitch);
    ctx.stroke();
  }

  /** One bar of which the columns are parts, each with its mark where there is room. */
  drawWhole(ctx, row, { top, pitch, left, scale }, words, palette) {
    const thick = Math.min(20, pitch - GAP / 2);
    const y = top + pitch / 2;
    let x = left;
    this.items.forEach(([, colour, shape], k) => {
      const long = (Math.max(0, this.of(row, k)) || 0) * scale;
      if (!long) return;
      ctx.fillStyle = colourOf(palette, colour);
      ctx.fillRect(x, y - thick / 2, Math.max(1, long - 1), thick);
      if (long > 14) {
        const path = new Path2D();
        mark(path, shape, x + Math.min(10, long / 2), y, 4);
        ctx.fillStyle = palette.paper;
        ctx.fill(path);
      }
      x += long;
    });
    ctx.fillStyle = palette.ink;
    ctx.font = font(12);
    ctx.fillText(words, x + 7, y);
  }

  /** A bar for each column, below each other. */
  drawEach(ctx, row, { top, pitch, left, scale }, ends, palette) {
    const k = this.items.length;
    const each = (pitch - GAP) / k;
    const thick = Math.min(15, each - 3);
    ctx.font = font(12);
    this.items.forEach(([, colour, shape], i) => {
      const value = this.of(row, i);
      const y = top + GAP / 2 + (i + 0.5) * each;
      const long = (Math.max(0, value) || 0) * scale;
      ctx.fillStyle = colourOf(palette, colour);
      const path = new Path2D();
      mark(path, shape, left + 9, y, 4);
      ctx.fill(path);
      ctx.fillRect(left + 18, y - thick / 2, Math.max(long, value > 0 ? 1.5 : 0), thick);
      ctx.fillStyle = palette.ink;
      ctx.fillText(ends[row * k + i], left + 18 + long + 7, y);
    });
  }

  linesOf(row) {
    if (row < 0 || row >= this.rows.length) return null;
    const sum = this.sum(row);
    return [this.rows[row], ...this.items.map(([name, , , unit], k) => {
      const value = this.of(row, k);
      const share = this.isWhole && sum > 0 ? ` (${said((100 * value) / sum)} %)` : "";
      return `${name} ${withUnit(value, unit, 3)}${share}`;
    })];
  }

  at(_x, y) {
    if (!this.laid) return null;
    this.under = rowAt(y - 4, this.laid.pitch, this.rows.length);
    return this.linesOf(this.under);
  }

  leave() {
    this.under = -1;
  }

  key(event) {
    const n = this.rows.length;
    if (!n || !this.laid) return null;
    const row = rowAfter(event.key, this.under, n);
    if (row === null) return null;
    this.under = row;
    const { pitch, left } = this.laid;
    return { lines: this.linesOf(this.under), x: left, y: 4 + (this.under + 0.5) * pitch };
  }

  drawLegend(palette) {
    const { legend } = this.frame;
    const key = JSON.stringify([palette.paper, this.items, this.rows.length > 0]);
    renewLegend(this, legend, key, () => {
      if (!this.rows.length || this.items.length < 2) return;
      for (const [name, colour, shape] of this.items) {
        const entry = made(legend, "span", "sb-entry");
        swatch(entry, shape, colourOf(palette, colour));
        made(entry, "span", "", name);
      }
    });
  }
}

function render({ model, el }) {
  const parts = new Parts(model);
  const frame = framed(model, el, parts);
  parts.frame = frame;
  return frame.close;
}

export default { render };
