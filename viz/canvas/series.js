// The world's numbers as small charts beside each other: see series.py.
import { digitsFor, fitted, font, framed, numbers, said, ticks, withUnit } from "./common.js";
import { mark } from "./marks.js";

const FULL_SCALE = 65534;
const CELL = { wide: 200, high: 104, gap: 18 };
const HINT = "Arrow keys left and right go along the charts, Home and End to the first and the last "
  + "place, up and down from chart to chart.";

class Series {
  constructor(model) {
    this.model = model;
    this.kind = "series";
    this.hint = HINT;
    this.under = null;
    this.renew();
  }

  renew() {
    this.names = this.model.get("names");
    this.axis = this.model.get("axis");
    this.places = numbers(this.model.get("places"), Float32Array);
    this.lows = numbers(this.model.get("lows"), Uint16Array);
    const highs = this.model.get("highs");
    this.highs = highs && highs.byteLength ? numbers(highs, Uint16Array) : this.lows;
  }

  columns(w) {
    const fits = Math.floor((w + CELL.gap) / (CELL.wide + CELL.gap));
    return Math.max(1, Math.min(fits, this.names.length));
  }

  heightFor(w) {
    return Math.max(90, Math.ceil(this.names.length / this.columns(w)) * (CELL.high + CELL.gap) + 18);
  }

  /** Where a chart lies: its line only, below its two rows of words. */
  cell(i) {
    const across = i % this.laid.columns;
    const down = Math.floor(i / this.laid.columns);
    const left = across * (this.laid.wide + CELL.gap);
    return { left, top: down * (CELL.high + CELL.gap) + 40, w: this.laid.wide, h: CELL.high - 44 };
  }

  draw(ctx, { w }, palette) {
    const columns = this.columns(w);
    this.laid = { columns, wide: (w - (columns - 1) * CELL.gap) / columns };
    const { low, high } = this.axis;
    this.span = high > low ? high - low : 1;
    this.names.forEach((_, i) => this.drawOne(ctx, i, palette));
    if (this.names.length) this.drawAxis(ctx, palette);
  }

  x(cell, place) {
    return cell.left + 2 + ((place - this.axis.low) / this.span) * (cell.w - 8);
  }

  y(cell, share, isFlat) {
    return cell.top + (isFlat ? cell.h / 2 : (1 - share) * cell.h);
  }

  valueAt(i, k, values) {
    const code = values[i * this.places.length + k];
    const [, , low, high] = this.names[i];
    return code > FULL_SCALE ? null : low + (code / FULL_SCALE) * (high - low);
  }

  drawOne(ctx, i, palette) {
    const cell = this.cell(i);
    const [name, unit, low, high, now] = this.names[i];
    const isFlat = low === high;
    const digits = low === null ? 0 : Math.max(digitsFor(high - low), isFlat ? digitsFor(Math.abs(high)) : 0);
    const whole = Number.isInteger(low) && Number.isInteger(high) && Number.isInteger(now);
    const places = whole ? 0 : digits;
    ctx.textBaseline = "alphabetic";
    ctx.textAlign = "left";
    ctx.fillStyle = palette.faint;
    ctx.font = font(12);
    ctx.fillText(fitted(ctx, name, cell.w), cell.left, cell.top - 26);
    const value = said(now, whole ? 0 : Math.max(0, digitsFor(Math.abs(now) || 1)));
    ctx.font = font(14, 650);
    ctx.fillStyle = palette.ink;
    ctx.fillText(value, cell.left, cell.top - 8);
    const used = ctx.measureText(value).width + 5;
    ctx.font = font(11);
    ctx.fillStyle = palette.faint;
    const range = low === null || isFlat ? "" : `${said(low, places)} to ${said(high, places)}`;
    const room = cell.w - used;
    const rangeWide = ctx.measureText(range).width;
    if (unit) ctx.fillText(fitted(ctx, unit, Math.max(20, room - rangeWide - 10)), cell.left + used, cell.top - 8);
    if (range && room > rangeWide + 30) {
      ctx.textAlign = "right";
      ctx.fillText(range, cell.left + cell.w, cell.top - 8);
    }
    ctx.strokeStyle = palette.line;
    ctx.lineWidth = 1;
    ctx.beginPath();
    for (const share of isFlat ? [0] : [0, 1]) {
      const y = Math.round(cell.top + (1 - share) * cell.h) + 0.5;
      ctx.moveTo(cell.left, y);
      ctx.lineTo(cell.left + cell.w, y);
    }
    ctx.stroke();
    this.drawLine(ctx, i, cell, isFlat, palette);
    this.drawCursors(ctx, i, cell, isFlat, palette);
  }

  drawLine(ctx, i, cell, isFlat, palette) {
    const n = this.places.length;
    let isDown = false;
    ctx.beginPath();
    for (let k = 0; k < n; k++) {
      const [least, most] = [this.lows[i * n + k], this.highs[i * n + k]];
      if (least > FULL_SCALE || most > FULL_SCALE) continue;
      const x = this.x(cell, this.places[k]);
      const y = this.y(cell, least / FULL_SCALE, isFlat);
      if (isDown) ctx.lineTo(x, y);
      else ctx.moveTo(x, y);
      isDown = true;
      if (most > least) {
        ctx.lineTo(x, this.y(cell, most / FULL_SCALE, isFlat));
        ctx.lineTo(x, this.y(cell, (least + most) / 2 / FULL_SCALE, isFlat));
      }
    }
    ctx.strokeStyle = palette.approve;
    ctx.lineWidth = 1.6;
    ctx.lineJoin = "round";
    ctx.stroke();
  }

  drawCursors(ctx, i, cell, isFlat, palette) {
    const [, , low, high, now] = this.names[i];
    const at = this.model.get("at");
    if (Number.isFinite(now) && low !== null) {
      const share = Math.min(1, Math.max(0, isFlat ? 0.5 : (now - low) / (high - low)));
      const path = new Path2D();
      mark(path, "disc", this.x(cell, at), this.y(cell, share, isFlat), 3.5);
      ctx.fillStyle = palette.ink;
      ctx.fill(path);
    }
    const lines = [[at, palette.faint]];
    if (this.under) lines.push([this.places[this.under.k], palette.focus]);
    for (const [place, colour] of lines) {
      const x = Math.round(this.x(cell, place)) + 0.5;
      ctx.strokeStyle = colour;
      ctx.lineWidth = 1;
      ctx.beginPath();
      ctx.moveTo(x, cell.top);
      ctx.lineTo(x, cell.top + cell.h);
      ctx.stroke();
    }
  }

  drawAxis(ctx, palette) {
    const isWhole = this.axis.unit !== "s";
    ctx.font = font(11);
    ctx.fillStyle = palette.faint;
    ctx.textBaseline = "top";
    const last = Math.min(this.laid.columns, this.names.length);
    for (let i = 0; i < last; i++) {
      const below = this.names.length - 1 - ((this.names.length - 1 - i) % this.laid.columns);
      const cell = this.cell(below);
      const found = ticks(this.axis.low, this.axis.high, 4, isWhole);
      found.forEach((at, k) => {
        ctx.textAlign = k === 0 ? "left" : k === found.length - 1 ? "right" : "center";
        const words = said(at, isWhole ? 0 : digitsFor(this.span));
        const unit = k === found.length - 1 ? (isWhole ? `${this.axis.unit} ` : "") : "";
        ctx.fillText(unit + words + (k === found.length - 1 && !isWhole ? " s" : ""), this.x(cell, at), cell.top + cell.h + 4);
      });
    }
  }

  linesOf({ i, k }) {
    const { unit } = this.axis;
    const place = this.places[k];
    const where = unit !== "s" ? `${unit} ${said(place, 0)}` : withUnit(place, "s", digitsFor(this.span));
    const [name, own] = this.names[i];
    const least = this.valueAt(i, k, this.lows);
    const most = this.valueAt(i, k, this.highs);
    const digits = digitsFor(Math.max(Math.abs(least || 0), Math.abs(most || 0))) + 1;
    if (least === null) return [name, `${where}: no value`];
    const value = least === most ? said(least, digits) : `${said(least, digits)} to ${said(most, digits)}`;
    return [name, `${value} ${own}`.trim(), where];
  }

  at(x, y) {
    this.under = null;
    if (!this.laid || !this.places.length) return null;
    const i = this.names.findIndex((_, at) => {
      const cell = this.cell(at);
      return x >= cell.left - 4 && x <= cell.left + cell.w + 4 && y >= cell.top - 40 && y <= cell.top + cell.h + 8;
    });
    if (i < 0) return null;
    const cell = this.cell(i);
    let k = 0;
    for (let j = 1; j < this.places.length; j++) {
      if (Math.abs(this.x(cell, this.places[j]) - x) < Math.abs(this.x(cell, this.places[k]) - x)) k = j;
    }
    this.under = { i, k };
    return this.linesOf(this.under);
  }

  leave() {
    this.under = null;
  }

  key(event) {
    const n = this.places.length;
    if (!n || !this.laid || !this.names.length) return null;
    const { i, k } = this.under || { i: 0, k: n - 1 };
    if (event.key === "ArrowLeft") this.under = { i, k: Math.max(0, k - 1) };
    else if (event.key === "ArrowRight") this.under = { i, k: Math.min(n - 1, k + 1) };
    else if (event.key === "ArrowDown") this.under = { i: Math.min(this.names.length - 1, i + 1), k };
    else if (event.key === "ArrowUp") this.under = { i: Math.max(0, i - 1), k };
    else if (event.key === "Home") this.under = { i, k: 0 };
    else if (event.key === "End") this.under = { i, k: n - 1 };
    else if (event.key === "Escape") this.under = null;
    else return null;
    if (!this.under) return { lines: null };
    const cell = this.cell(this.under.i);
    return { lines: this.linesOf(this.under), x: this.x(cell, this.places[this.under.k]), y: cell.top };
  }
}

function render({ model, el }) {
  const series = new Series(model);
  const frame = framed(model, el, series);
  series.frame = frame;
  return frame.close;
}

export default { render };
