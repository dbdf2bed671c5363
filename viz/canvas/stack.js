// Named bars with values and thresholds: see stack.py.
import { colourOf, digitsFor, fitted, font, framed, numbers, rowAfter, rowAt, said, withUnit } from "./common.js";
import { mark } from "./marks.js";

const HINT = "Arrow up and down go from bar to bar.";

class Bars {
  constructor(model) {
    this.model = model;
    this.kind = "bars";
    this.hint = HINT;
    this.under = -1;
    this.renew();
  }

  renew() {
    this.names = this.model.get("names");
    this.values = numbers(this.model.get("values"), Float32Array);
    this.thresholds = numbers(this.model.get("thresholds"), Float32Array);
    this.unit = this.model.get("unit");
  }

  draw(ctx, { w, h }, palette) {
    const n = this.values.length;
    if (!n) return;
    const known = [...this.values, ...this.thresholds].filter(Number.isFinite).map(Math.abs);
    const most = Math.max(...known, 0) || 1;
    const whole = this.values.every(Number.isInteger);
    const digits = whole ? 0 : digitsFor(most);
    const hasMarks = this.thresholds.some(Number.isFinite);
    const top = hasMarks ? 20 : 4;
    const pitch = Math.min(34, (h - top - 4) / n);
    const thick = Math.max(3, Math.min(18, pitch * 0.62));
    ctx.font = font(Math.min(13, Math.max(9, pitch * 0.8)));
    const longest = Math.max(...this.names.map(([name]) => ctx.measureText(name).width));
    const left = Math.min(w * 0.4, longest + 30);
    const right = Math.max(...[...this.values].map((v) => ctx.measureText(withUnit(v, this.unit, digits)).width)) + 16;
    const width = Math.max(10, w - left - right);
    this.laid = { top, pitch, n, left };
    ctx.textBaseline = "middle";
    for (let i = 0; i < n; i++) {
      const [name, colour, shape] = this.names[i];
      const y = top + (i + 0.5) * pitch;
      const value = Number.isFinite(this.values[i]) ? this.values[i] : 0;
      const long = (Math.max(0, value) / most) * width;
      if (i === this.under) {
        ctx.fillStyle = palette.panel;
        ctx.fillRect(0, y - pitch / 2, w, pitch);
      }
      ctx.fillStyle = colourOf(palette, colour);
      const path = new Path2D();
      mark(path, shape, 9, y, Math.min(5.5, pitch * 0.3));
      ctx.fill(path);
      ctx.fillRect(left, y - thick / 2, Math.max(long, value > 0 ? 1.5 : 0), thick);
      ctx.textAlign = "left";
      ctx.fillStyle = palette.ink;
      ctx.fillText(fitted(ctx, name, left - 28), 20, y);
      ctx.fillText(withUnit(this.values[i], this.unit, digits), left + Math.max(long, this.markAt(i, most, width)) + 8, y);
    }
    ctx.strokeStyle = palette.line;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(left + 0.5, top);
    ctx.lineTo(left + 0.5, top + n * pitch);
    ctx.stroke();
    if (hasMarks) this.drawThresholds(ctx, palette, most, width, digits);
  }

  /** Where a bar's threshold lies if its words would cross it, else 0. */
  markAt(i, most, width) {
    const mark = this.thresholds[i];
    if (!Number.isFinite(mark)) return 0;
    const at = (mark / most) * width;
    const end = (Math.max(0, this.values[i]) / most) * width;
    return end < at && end + 110 > at ? at : 0;
  }

  drawThresholds(ctx, palette, most, width, digits) {
    const { top, pitch, left } = this.laid;
    const told = new Set();
    ctx.strokeStyle = ctx.fillStyle = palette.accepted;
    ctx.lineWidth = 2;
    this.thresholds.forEach((threshold, i) => {
      if (!Number.isFinite(threshold)) return;
      const x = left + (threshold / most) * width;
      const [from, to] = [i - 1, i + 1].map((beside) => this.thresholds[beside] === threshold);
      ctx.beginPath();
      ctx.moveTo(x, top + i * pitch + (from ? 0 : 1));
      ctx.lineTo(x, top + (i + 1) * pitch - (to ? 0 : 1));
      ctx.stroke();
      if (told.has(threshold)) return;
      told.add(threshold);
      if (i > 0) return;
      ctx.font = font(11, 600);
      ctx.textAlign = x > left + width / 2 ? "right" : "left";
      ctx.fillText(`${said(threshold, digits)} ${this.model.get("threshold_word")}`, x + (ctx.textAlign === "right" ? 4 : -4), top / 2);
    });
  }

  get isEmpty() {
    return !this.values.length;
  }

  linesOf(i) {
    if (i < 0 || i >= this.values.length) return null;
    const sum = this.values.reduce((a, b) => a + b, 0);
    const lines = [this.names[i][0], withUnit(this.values[i], this.unit, 3)];
    if (sum > 0) lines.push(`${said((100 * this.values[i]) / sum)} % of all`);
    if (Number.isFinite(this.thresholds[i])) lines.push(`${withUnit(this.thresholds[i], this.unit, 3)} ${this.model.get("threshold_word")}`);
    return lines;
  }

  at(_x, y) {
    if (!this.laid) return null;
    this.under = rowAt(y - this.laid.top, this.laid.pitch, this.values.length);
    return this.linesOf(this.under);
  }

  leave() {
    this.under = -1;
  }

  key(event) {
    const n = this.values.length;
    if (!n || !this.laid) return null;
    const row = rowAfter(event.key, this.under, n);
    if (row === null) return null;
    this.under = row;
    const { top, pitch, left } = this.laid;
    return { lines: this.linesOf(this.under), x: left, y: top + (this.under + 0.5) * pitch };
  }
}

function render({ model, el }) {
  const bars = new Bars(model);
  const frame = framed(model, el, bars);
  bars.frame = frame;
  return frame.close;
}

export default { render };
