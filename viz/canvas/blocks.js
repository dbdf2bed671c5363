// Blocks beside each other by rising height, each filled in part: see blocks.py.
import { digitsFor, fitted, font, framed, made, numbers, renewLegend, said, ticks, withUnit } from "./common.js";

const FULL_SCALE = 254;
const UNKNOWN = 255;
const PAD = { left: 58, right: 16, top: 22, bottom: 40 };
const TAIL = 0.1;
const HIGHEST = 2.5;
const NARROW_PX = 2;
/** What the legend says where blocks are too narrow to be seen one by one. */
const TOGETHER = "narrow blocks share a pixel: its tint says how much of it is";
const HINT = "Arrow keys left and right go from block to block, with Shift by a tenth, Home and End to "
  + "the lowest and the highest.";

class Blocks {
  constructor(model) {
    this.model = model;
    this.kind = "blocks";
    this.hint = HINT;
    this.under = -1;
    this.renew();
  }

  renew() {
    this.names = this.model.get("names");
    this.units = this.model.get("units");
    this.marks = this.model.get("marks");
    this.widths = numbers(this.model.get("widths"), Float32Array);
    this.heights = numbers(this.model.get("heights"), Float32Array);
    this.filled = numbers(this.model.get("filled"), Uint8Array);
    this.starts = new Float64Array(this.widths.length + 1);
    this.widths.forEach((width, i) => (this.starts[i + 1] = this.starts[i] + width));
    this.isStale = true;
  }

  get count() {
    return this.names.length ? this.widths.length : 0;
  }

  value(mark) {
    const [name, unit, value] = this.marks[mark] || ["", "", 0];
    return name ? { name, unit, value } : null;
  }

  draw(ctx, { w, h }, palette) {
    this.box = { left: PAD.left, top: PAD.top, w: w - PAD.left - PAD.right, h: h - PAD.top - PAD.bottom };
    const all = this.starts[this.count];
    const [across, up] = [this.value(0), this.value(1)];
    this.most = Math.max(all, across ? across.value : 0) || 1;
    const hasNarrow = this.widths.some((width) => (width / this.most) * this.box.w < NARROW_PX);
    if (this.isStale || hasNarrow !== this.hasNarrow) {
      this.hasNarrow = hasNarrow;
      this.drawLegend(palette);
    }
    this.isStale = false;
    if (!this.count) return;
    const heights = [...this.heights, up ? up.value : 0, 0];
    this.low = Math.min(...heights);
    this.high = Math.max(...heights);
    this.cut = this.cutAt(up ? up.value : 0);
    if (this.cut < this.high) this.high = this.cut;
    if (this.high <= this.low) this.high = this.low + 1;
    this.high += 0.06 * (this.high - this.low);
    this.drawAxes(ctx, palette);
    this.drawBlocks(ctx, palette);
    this.drawMarks(ctx, palette, across, up);
    this.drawCut(ctx, palette);
  }

  drawCut(ctx, palette) {
    const over = this.heights.filter((height) => height > this.cut);
    if (!over.length) return;
    const { left, top, w } = this.box;
    const most = Math.max(...over);
    const words = `▲ ${said(over.length, 0)} cut off, up to ${withUnit(most, this.units[1][1], digitsFor(most))}`;
    this.tag(ctx, words, left + w, top - 9, "right", palette.faint, palette);
  }

  /** Where to cut off blocks that are few and so high that no other could be seen; else Infinity. */
  cutAt(line) {
    const all = this.starts[this.count];
    let i = this.count - 1;
    while (i > 0 && this.starts[i] > (1 - TAIL) * all) i -= 1;
    const usual = Math.max(this.heights[i], line);
    return usual > 0 && this.high > HIGHEST * usual ? 1.5 * usual : Infinity;
  }

  x(width) {
    return this.box.left + (width / this.most) * this.box.w;
  }

  y(height) {
    return this.box.top + (1 - (height - this.low) / (this.high - this.low)) * this.box.h;
  }

  drawAxes(ctx, palette) {
    const { left, top, w, h } = this.box;
    ctx.font = font(11);
    ctx.fillStyle = palette.faint;
    ctx.strokeStyle = palette.line;
    ctx.lineWidth = 1;
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    ctx.beginPath();
    const digits = digitsFor(this.high - this.low);
    for (const at of ticks(this.low, this.high, Math.max(2, h / 48))) {
      const y = Math.round(this.y(at)) + 0.5;
      ctx.moveTo(left, y);
      ctx.lineTo(left + w, y);
      ctx.fillText(said(at, Math.min(2, digits)), left - 6, y);
    }
    ctx.stroke();
    ctx.textAlign = "center";
    ctx.textBaseline = "top";
    for (const at of ticks(0, this.most, Math.max(2, w / 90))) {
      ctx.fillText(said(at, digitsFor(this.most)), this.x(at), top + h + 5);
    }
    const [width, height] = this.units;
    ctx.textAlign = "right";
    ctx.fillText(`${width[0]} in ${width[1] || "units"}, one block after the other`, left + w, top + h + 21);
    ctx.textAlign = "left";
    ctx.textBaseline = "alphabetic";
    ctx.fillText(`${height[0]} in ${height[1] || "units"}`, 2, top - 9);
  }

  /** The blocks: an outline, and solid as far as they are filled; narrow ones pixel by pixel. */
  drawBlocks(ctx, palette) {
    const ground = this.y(Math.max(this.low, Math.min(0, this.high)));
    ctx.lineWidth = 1;
    this.drawPixels(ctx, palette, ground);
    for (let i = 0; i < this.count; i++) {
      const [from, to] = [this.x(this.starts[i]), this.x(this.starts[i + 1])];
      if (to - from < NARROW_PX && i !== this.under) continue;
      const y = Math.max(this.box.top, this.y(this.heights[i]));
      const [top, high] = [Math.min(y, ground), Math.max(1.5, Math.abs(ground - y))];
      const isUnder = i === this.under;
      ctx.fillStyle = palette.none;
      ctx.globalAlpha = 0.22;
      ctx.fillRect(from, top, Math.max(0.4, to - from), high);
      ctx.globalAlpha = 1;
      if (this.filled[i] !== UNKNOWN) {
        ctx.fillStyle = isUnder ? palette.focus : palette.approve;
        const share = this.filled[i] / FULL_SCALE;
        if (share > 0) ctx.fillRect(from, top, Math.max(0.4, (to - from) * share), high);
      }
      if (to - from > 3 || isUnder) {
        ctx.strokeStyle = isUnder ? palette.ink : palette.paper;
        ctx.strokeRect(Math.round(from) + 0.5, Math.round(top) + 0.5, Math.max(1, Math.round(to - from)), Math.round(high));
      }
      ctx.fillStyle = palette.ink;
      ctx.fillRect(from, y - 0.75, Math.max(0.5, to - from), 1.5);
    }
  }

  /** What lies on each pixel of blocks that are too narrow to be drawn: shares, and a mean height. */
  pixels() {
    const found = new Map();
    for (let i = 0; i < this.count; i++) {
      const [from, to] = [this.x(this.starts[i]), this.x(this.starts[i + 1])];
      if (to - from >= NARROW_PX) continue;
      const y = Math.max(this.box.top, this.y(this.heights[i]));
      const share = this.filled[i] === UNKNOWN ? 0 : this.filled[i] / FULL_SCALE;
      for (let pixel = Math.floor(from); pixel < to; pixel++) {
        const wide = Math.min(to, pixel + 1) - Math.max(from, pixel);
        const sum = found.get(pixel) || { wide: 0, filled: 0, y: 0 };
        found.set(pixel, { wide: sum.wide + wide, filled: sum.filled + wide * share, y: sum.y + wide * y });
      }
    }
    return found;
  }

  /** Draw narrow blocks together: each pixel is as strong as what lies on it is filled. */
  drawPixels(ctx, palette, ground) {
    for (const [x, { wide, filled, y: sum }] of this.pixels()) {
      const y = sum / wide;
      const [top, high] = [Math.min(y, ground), Math.max(1.5, Math.abs(ground - y))];
      for (const [colour, strength] of [[palette.none, 0.22 * wide], [palette.approve, filled]]) {
        ctx.fillStyle = colour;
        ctx.globalAlpha = Math.min(1, strength);
        ctx.fillRect(x, top, 1, high);
      }
      ctx.fillStyle = palette.ink;
      ctx.globalAlpha = Math.min(1, wide);
      ctx.fillRect(x, y - 0.75, 1, 1.5);
    }
    ctx.globalAlpha = 1;
  }

  drawMarks(ctx, palette, across, up) {
    const { left, top, w, h } = this.box;
    ctx.lineWidth = 1.75;
    if (up) {
      const y = Math.round(this.y(up.value)) + 0.5;
      ctx.strokeStyle = palette.accepted;
      ctx.setLineDash([6, 4]);
      this.line(ctx, left, y, left + w, y);
      ctx.setLineDash([]);
      const words = `${up.name} ${withUnit(up.value, up.unit, 2)}`;
      const isAbove = y - top > 24;
      this.tag(ctx, words, left + 6, isAbove ? y - 9 : y + 10, "left", palette.accepted, palette);
    }
    if (across) {
      const x = Math.round(this.x(across.value)) + 0.5;
      ctx.strokeStyle = palette.alarm;
      ctx.setLineDash([2, 3]);
      this.line(ctx, x, top - 4, x, top + h);
      ctx.setLineDash([]);
      const words = `${across.name} ${withUnit(across.value, across.unit, digitsFor(this.most))}`;
      ctx.font = font(11, 600);
      const side = x - left > w / 2 ? "right" : "left";
      const room = side === "right" ? x - left - 8 : left + w - x - 8;
      this.tag(ctx, fitted(ctx, words, room), side === "right" ? x - 6 : x + 6, top + 7, side, palette.alarm, palette);
    }
  }

  line(ctx, x, y, toX, toY) {
    ctx.beginPath();
    ctx.moveTo(x, y);
    ctx.lineTo(toX, toY);
    ctx.stroke();
  }

  tag(ctx, words, x, y, side, colour, palette) {
    ctx.font = font(11, 600);
    ctx.textAlign = side;
    ctx.textBaseline = "middle";
    ctx.lineWidth = 4;
    ctx.lineJoin = "round";
    ctx.strokeStyle = palette.paper;
    ctx.strokeText(words, x, y);
    ctx.fillStyle = colour;
    ctx.fillText(words, x, y);
    ctx.lineWidth = 1.75;
  }

  indexAt(x) {
    if (!this.count || !this.box) return -1;
    const at = ((x - this.box.left) / this.box.w) * this.most;
    if (at < 0 || at > this.starts[this.count]) return -1;
    let [low, high] = [0, this.count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle + 1] < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  linesOf(i) {
    if (i < 0 || i >= this.count) return null;
    const [width, height, filled] = this.units;
    const told = (value) => said(value, digitsFor(Math.abs(value)));
    const lines = [
      this.names[i],
      `${height[0]} ${told(this.heights[i])} ${height[1]}`.trim(),
      `${width[0]} ${told(this.widths[i])} ${width[1]}`.trim(),
    ];
    if (this.filled[i] === UNKNOWN) return [...lines, `${filled[0]} not known`];
    const share = this.filled[i] / FULL_SCALE;
    const value = share * this.widths[i];
    return [...lines, `${filled[0]} about ${told(value)} ${filled[1]} (${said(100 * share, 0)} %)`];
  }

  at(x) {
    this.under = this.indexAt(x);
    return this.linesOf(this.under);
  }

  leave() {
    this.under = -1;
  }

  key(event) {
    if (!this.count || !this.box) return null;
    const step = event.shiftKey ? Math.max(1, Math.round(this.count / 10)) : 1;
    if (event.key === "ArrowRight") this.under = Math.min(this.count - 1, this.under + step);
    else if (event.key === "ArrowLeft") this.under = Math.max(0, this.under - step);
    else if (event.key === "Home") this.under = 0;
    else if (event.key === "End") this.under = this.count - 1;
    else if (event.key === "Escape") this.under = -1;
    else return null;
    if (this.under < 0) return { lines: null };
    return { lines: this.linesOf(this.under), x: this.x(this.starts[this.under]), y: this.y(this.heights[this.under]) };
  }

  drawLegend(palette) {
    const { legend } = this.frame;
    const [across, up] = [this.value(0), this.value(1)];
    const filled = (this.units[2] || ["filled"])[0];
    const named = [across && across.name, up && up.name, filled];
    const key = JSON.stringify([palette.paper, this.count > 0, this.hasNarrow, this.model.get("note"), ...named]);
    renewLegend(this, legend, key, () => {
      if (!this.count) return;
      this.patch(legend, palette, true, filled);
      this.patch(legend, palette, false, `not ${filled}`);
      for (const [mark, colour, style] of [[up, palette.accepted, "dashed"], [across, palette.alarm, "dotted"]]) {
        if (!mark) continue;
        const entry = made(legend, "span", "sb-entry");
        made(entry, "span", "sb-stroke").style.borderTop = `2px ${style} ${colour}`;
        made(entry, "span", "", mark.name);
      }
      if (this.model.get("note")) made(legend, "span", "sb-faint", this.model.get("note"));
      if (this.hasNarrow) made(legend, "span", "sb-faint", `${TOGETHER} ${filled}`);
    });
  }

  patch(legend, palette, isFilled, words) {
    const entry = made(legend, "span", "sb-entry");
    const canvas = made(entry, "canvas", "sb-swatch");
    canvas.width = canvas.height = 28;
    const ctx = canvas.getContext("2d");
    ctx.globalAlpha = isFilled ? 1 : 0.22;
    ctx.fillStyle = isFilled ? palette.approve : palette.none;
    ctx.fillRect(2, 4, 24, 22);
    ctx.globalAlpha = 1;
    ctx.fillStyle = palette.ink;
    ctx.fillRect(2, 3, 24, 3);
    made(entry, "span", "", words);
  }
}

function render({ model, el }) {
  const blocks = new Blocks(model);
  const frame = framed(model, el, blocks);
  blocks.frame = frame;
  return frame.close;
}

export default { render };
