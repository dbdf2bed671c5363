// A response of a study over one of its parameters, with intervals: see study.py.
import { digitsFor, fitted, font, framed, made, renewLegend, said, ticks } from "./common.js";
import { mark } from "./marks.js";

const SHAPES = ["disc", "square", "triangle", "diamond", "cross", "wedge"];
const ROOM = { left: 66, right: 18, top: 26, bottom: 42 };
const HINT = "Arrow keys left and right go along a line, up and down from line to line, "
  + "Home and End to its first and last point.";
const [PLACE, MEAN, LOW, HIGH, RUNS] = [0, 1, 2, 3, 4];

class StudyChart {
  constructor(model) {
    this.model = model;
    this.kind = "study";
    this.hint = HINT;
    this.under = null;
    this.renew();
  }

  renew() {
    this.lines = this.model.get("lines");
    this.axis = this.model.get("axis");
    const all = this.lines.flatMap(([, points]) => points);
    const ends = all.flatMap((p) => [p[MEAN], p[LOW], p[HIGH]]).filter((v) => Number.isFinite(v));
    let [low, high] = ends.length ? [Math.min(...ends), Math.max(...ends)] : [0, 1];
    if (low > 0 && low < 0.4 * high) low = 0;
    if (high === low) [low, high] = [low - Math.abs(low || 1) * 0.5, high + Math.abs(high || 1) * 0.5];
    this.y0 = low;
    this.y1 = high + (high - low) * 0.04;
    if (this.y0 !== 0) this.y0 -= (high - low) * 0.04;
    const places = this.axis.places || [];
    this.x0 = places.length ? places[0] : 0;
    this.x1 = places.length ? places[places.length - 1] : 1;
    if (this.under && !this.pointOf(this.under)) this.under = null;
  }

  pointOf({ i, k }) {
    return this.lines[i] ? this.lines[i][1][k] : null;
  }

  x(place) {
    const { left, w } = this.box;
    if (this.axis.words && this.axis.words.length) {
      return left + ((place + 0.5) / this.axis.words.length) * w;
    }
    if (this.x1 === this.x0) return left + w / 2;
    const log = this.axis.is_log ? Math.log : (v) => v;
    return left + 12 + ((log(place) - log(this.x0)) / (log(this.x1) - log(this.x0))) * (w - 24);
  }

  y(value) {
    return this.box.top + (1 - (value - this.y0) / (this.y1 - this.y0)) * this.box.h;
  }

  /** Lines among words are moved apart, so that their intervals do not cover each other. */
  shift(i) {
    const words = this.axis.words || [];
    if (!words.length || this.lines.length < 2) return 0;
    const room = Math.min(16, (this.box.w / words.length) * 0.6 / this.lines.length);
    return (i - (this.lines.length - 1) / 2) * room;
  }

  draw(ctx, { w, h }, palette) {
    this.box = { left: ROOM.left, top: ROOM.top, w: w - ROOM.left - ROOM.right, h: h - ROOM.top - ROOM.bottom };
    if (this.lines.length) {
      this.drawAxes(ctx, palette);
      this.lines.forEach((_, i) => this.drawLine(ctx, i, palette));
      this.drawCursor(ctx, palette);
    }
    this.drawLegend(palette);
  }

  drawAxes(ctx, palette) {
    const { left, top, w, h } = this.box;
    ctx.font = font(12);
    ctx.lineWidth = 1;
    const digits = digitsFor(this.y1 - this.y0);
    ctx.textAlign = "right";
    ctx.textBaseline = "middle";
    for (const value of ticks(this.y0, this.y1, Math.max(2, h / 48))) {
      const y = Math.round(this.y(value)) + 0.5;
      ctx.strokeStyle = palette.line;
      ctx.beginPath();
      ctx.moveTo(left, y);
      ctx.lineTo(left + w, y);
      ctx.stroke();
      ctx.fillStyle = palette.faint;
      ctx.fillText(said(value, digits), left - 8, y);
    }
    ctx.textBaseline = "alphabetic";
    ctx.textAlign = "left";
    ctx.fillText(fitted(ctx, this.axis.response, w), 4, 14);
    ctx.textAlign = "center";
    ctx.fillText(fitted(ctx, this.axis.x + (this.axis.is_log ? ", logarithmic" : ""), w), left + w / 2, top + h + 36);
    this.drawPlaces(ctx, palette);
  }

  drawPlaces(ctx, palette) {
    const { left, top, w, h } = this.box;
    const words = this.axis.words || [];
    const [low, high] = [this.x0, this.x1];
    let places = this.axis.places;
    if (!words.length && places.length > 12 && !this.axis.is_log) {
      places = ticks(low, high, w / 90, this.axis.is_whole);
    }
    ctx.textBaseline = "top";
    ctx.textAlign = "center";
    ctx.fillStyle = palette.faint;
    let free = -Infinity;
    for (const place of places) {
      const x = this.x(place);
      const cell = words.length ? w / words.length - 8 : 90;
      const name = words.length ? fitted(ctx, words[place], cell) : said(place, digitsFor(Math.abs(place) || 1));
      const wide = ctx.measureText(name).width / 2 + 5;
      ctx.strokeStyle = palette.line;
      ctx.beginPath();
      ctx.moveTo(Math.round(x) + 0.5, top + h);
      ctx.lineTo(Math.round(x) + 0.5, top + h + 5);
      ctx.stroke();
      if (x - wide < free) continue;
      ctx.fillText(name, Math.max(left + wide - 10, Math.min(left + w - wide + 12, x)), top + h + 8);
      free = x + wide;
    }
  }

  colour(i, palette) {
    return palette.factions[i % palette.factions.length];
  }

  drawLine(ctx, i, palette) {
    const points = this.lines[i][1];
    const shift = this.shift(i);
    const hasWords = (this.axis.words || []).length > 0;
    ctx.strokeStyle = ctx.fillStyle = this.colour(i, palette);
    ctx.lineWidth = 1.4;
    ctx.beginPath();
    for (const point of points) {
      if (!Number.isFinite(point[LOW])) continue;
      const x = this.x(point[PLACE]) + shift;
      const [y0, y1] = [this.y(point[LOW]), this.y(point[HIGH])];
      ctx.moveTo(x, y0);
      ctx.lineTo(x, y1);
      for (const y of [y0, y1]) {
        ctx.moveTo(x - 4, y);
        ctx.lineTo(x + 4, y);
      }
    }
    ctx.stroke();
    if (!hasWords) {
      ctx.lineWidth = 2;
      ctx.beginPath();
      points.forEach((point, k) => {
        const [x, y] = [this.x(point[PLACE]), this.y(point[MEAN])];
        if (k) ctx.lineTo(x, y);
        else ctx.moveTo(x, y);
      });
      ctx.stroke();
    }
    const path = new Path2D();
    for (const point of points) mark(path, SHAPES[i], this.x(point[PLACE]) + shift, this.y(point[MEAN]), 4.5);
    ctx.fill(path);
  }

  drawCursor(ctx, palette) {
    const point = this.under && this.pointOf(this.under);
    if (!point) return;
    ctx.strokeStyle = palette.focus;
    ctx.lineWidth = 2;
    ctx.beginPath();
    ctx.arc(this.x(point[PLACE]) + this.shift(this.under.i), this.y(point[MEAN]), 9, 0, 2 * Math.PI);
    ctx.stroke();
  }

  drawLegend(palette) {
    const names = this.lines.map(([name]) => name).filter(Boolean);
    const key = JSON.stringify([palette.paper, names]);
    renewLegend(this, this.frame.legend, key, () => {
      if (!names.length) return;
      names.forEach((name, i) => {
        const entry = made(this.frame.legend, "span", "sb-entry");
        entry.appendChild(this.swatch(i, palette));
        made(entry, "span", "", name);
      });
    });
  }

  swatch(i, palette) {
    const drawn = document.createElement("canvas");
    const ratio = window.devicePixelRatio || 1;
    drawn.width = drawn.height = Math.round(14 * ratio);
    drawn.style.width = drawn.style.height = "14px";
    drawn.setAttribute("aria-hidden", "true");
    const ctx = drawn.getContext("2d");
    ctx.scale(ratio, ratio);
    const path = new Path2D();
    mark(path, SHAPES[i], 7, 7, 4.5);
    ctx.fillStyle = this.colour(i, palette);
    ctx.fill(path);
    return drawn;
  }

  linesOf(under) {
    const point = this.pointOf(under);
    if (!point) return null;
    const digits = Math.max(digitsFor(this.y1 - this.y0), digitsFor(Math.abs(point[MEAN]) || 1));
    const words = this.axis.words || [];
    const place = words.length ? words[point[PLACE]] : said(point[PLACE], 4);
    const told = [`${this.axis.response} ${said(point[MEAN], digits)}`, `${this.axis.x} = ${place}`];
    if (this.lines[under.i][0]) told.push(this.lines[under.i][0]);
    if (Number.isFinite(point[LOW])) told.push(`95 %: ${said(point[LOW], digits)} to ${said(point[HIGH], digits)}`);
    told.push(point[RUNS] === 1 ? "1 run" : `${said(point[RUNS], 0)} runs`);
    return told;
  }

  at(x, y) {
    this.under = null;
    let nearest = 28;
    if (!this.box) return null;
    this.lines.forEach(([, points], i) => points.forEach((point, k) => {
      const away = Math.hypot(this.x(point[PLACE]) + this.shift(i) - x, this.y(point[MEAN]) - y);
      if (away < nearest) {
        nearest = away;
        this.under = { i, k };
      }
    }));
    return this.under && this.linesOf(this.under);
  }

  leave() {
    this.under = null;
  }

  key(event) {
    if (!this.lines.length || !this.box) return null;
    const { i, k } = this.under || { i: 0, k: -1 };
    const last = this.lines[i][1].length - 1;
    const other = (to) => ({ i: to, k: Math.max(0, Math.min(k, this.lines[to][1].length - 1)) });
    if (event.key === "ArrowRight") this.under = { i, k: Math.min(last, k + 1) };
    else if (event.key === "ArrowLeft") this.under = { i, k: Math.max(0, k - 1) };
    else if (event.key === "ArrowDown") this.under = other(Math.min(this.lines.length - 1, i + 1));
    else if (event.key === "ArrowUp") this.under = other(Math.max(0, i - 1));
    else if (event.key === "Home") this.under = { i, k: 0 };
    else if (event.key === "End") this.under = { i, k: last };
    else if (event.key === "Escape") this.under = null;
    else return null;
    if (!this.under) return { lines: null };
    const point = this.pointOf(this.under);
    return { lines: this.linesOf(this.under), x: this.x(point[PLACE]) + this.shift(this.under.i), y: this.y(point[MEAN]) };
  }
}

function render({ model, el }) {
  const chart = new StudyChart(model);
  const frame = framed(model, el, chart);
  chart.frame = frame;
  return frame.close;
}

export default { render };
