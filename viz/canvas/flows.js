// Ribbons from choice to choice: see flows.py.
import { colourOf, fitted, font, framed, made, numbers, renewLegend, said } from "./common.js";
import { legendOfItems, mark } from "./marks.js";

const PAD = { left: 12, right: 12, top: 22, bottom: 22 };
const BAR = 12;
const GAP = 6;
const HINT = "Arrow left and right go from round to round, up and down through the ribbons of a round.";

class Flows {
  constructor(model) {
    this.model = model;
    this.kind = "flows";
    this.hint = HINT;
    this.under = -1;
    this.renew();
  }

  renew() {
    const get = (name) => this.model.get(name);
    this.items = get("items");
    this.numbers = get("numbers");
    this.flows = numbers(get("flows"), Uint16Array);
    this.step = get("seats_per_step");
    this.isStale = true;
    this.ribbons = [];
    this.laidFor = "";
  }

  get isEmpty() {
    return !this.numbers.length;
  }

  flow(turn, from, to) {
    const k = this.items.length;
    return this.flows[(turn * k + from) * k + to] * this.step;
  }

  /** Heights of the bands in each column; there is one column more than turns. */
  layOut({ w, h }) {
    const k = this.items.length;
    const turns = this.numbers.length;
    const columns = Array.from({ length: turns + 1 }, (_, column) => {
      const seats = new Array(k).fill(0);
      for (let a = 0; a < k; a++) {
        for (let b = 0; b < k; b++) {
          if (column) seats[b] += this.flow(column - 1, a, b);
          else seats[a] += this.flow(0, a, b);
        }
      }
      return seats;
    });
    const used = this.items.map((_, i) => columns.some((seats) => seats[i] > 0));
    const most = Math.max(1, ...columns.map((seats) => seats.reduce((a, b) => a + b, 0)));
    const gaps = GAP * Math.max(0, used.filter(Boolean).length - 1);
    const unit = Math.max(0, h - PAD.top - PAD.bottom - gaps) / most;
    const apart = turns ? (w - PAD.left - PAD.right - BAR) / turns : 0;
    this.columns = columns.map((seats, column) => {
      let y = PAD.top;
      const bars = seats.map((many, i) => {
        const bar = { y, high: many * unit, many };
        if (used[i]) y += bar.high + GAP;
        return bar;
      });
      return { x: PAD.left + column * apart, bars };
    });
    this.ribbons = [];
    for (let turn = 0; turn < turns; turn++) {
      const left = this.columns[turn].bars.map((bar) => bar.y);
      const right = this.columns[turn + 1].bars.map((bar) => bar.y);
      for (let a = 0; a < k; a++) {
        for (let b = 0; b < k; b++) {
          const many = this.flow(turn, a, b);
          if (!many) continue;
          const high = many * unit;
          this.ribbons.push({ turn, a, b, many, high, from: left[a], to: right[b] });
          left[a] += high;
          right[b] += high;
        }
      }
    }
  }

  pathOf(ribbon) {
    const x0 = this.columns[ribbon.turn].x + BAR;
    const x1 = this.columns[ribbon.turn + 1].x;
    const middle = (x0 + x1) / 2;
    const high = Math.max(1, ribbon.high);
    const path = new Path2D();
    path.moveTo(x0, ribbon.from);
    path.bezierCurveTo(middle, ribbon.from, middle, ribbon.to, x1, ribbon.to);
    path.lineTo(x1, ribbon.to + high);
    path.bezierCurveTo(middle, ribbon.to + high, middle, ribbon.from + high, x0, ribbon.from + high);
    path.closePath();
    return path;
  }

  draw(ctx, size, palette) {
    this.ctx = ctx;
    this.ratio = size.ratio;
    if (this.isStale) this.drawLegend(palette);
    this.isStale = false;
    if (!this.numbers.length) return;
    if (this.laidFor !== `${size.w} ${size.h}`) this.layOut(size);
    this.laidFor = `${size.w} ${size.h}`;
    const order = this.ribbons.map((_, i) => i).sort((i, j) => this.weightOf(i) - this.weightOf(j));
    for (const i of order) {
      const ribbon = this.ribbons[i];
      const isStay = ribbon.a === ribbon.b;
      ctx.fillStyle = colourOf(palette, this.items[ribbon.a][1]);
      ctx.globalAlpha = i === this.under ? 0.9 : isStay ? 0.18 : 0.55;
      ribbon.path = this.pathOf(ribbon);
      ctx.fill(ribbon.path);
    }
    ctx.globalAlpha = 1;
    this.columns.forEach((column, at) => this.drawColumn(ctx, column, at, size, palette));
  }

  /** Those who stay lie below those who change; the one that is looked at on top. */
  weightOf(i) {
    const { a, b } = this.ribbons[i];
    return i === this.under ? 2 : Number(a !== b);
  }

  drawColumn(ctx, { x, bars }, at, { w, h }, palette) {
    bars.forEach((bar, i) => {
      if (!bar.many) return;
      const [, colour, shape] = this.items[i];
      ctx.fillStyle = colourOf(palette, colour);
      ctx.fillRect(x, bar.y, BAR, Math.max(1.5, bar.high));
      if (bar.high < 14) return;
      ctx.fillStyle = palette.paper;
      const path = new Path2D();
      mark(path, shape, x + BAR / 2, bar.y + bar.high / 2, 3.6);
      ctx.fill(path);
    });
    const apart = this.columns.length > 1 ? this.columns[1].x - this.columns[0].x : w;
    ctx.font = font(11);
    const last = this.columns.length - 1;
    const wide = (words) => ctx.measureText(words).width;
    const plain = said(this.numbers[last - 1], 0);
    const named = `${this.model.get("unit")} ${plain}`;
    const needed = Math.max(wide("before") + wide(named) / 2, (wide(named) + wide(plain)) / 2, 1.5 * wide(plain)) + 8;
    const every = Math.max(1, Math.ceil(needed / apart));
    if ((last - at) % every) return;
    ctx.fillStyle = palette.faint;
    ctx.textBaseline = "alphabetic";
    ctx.textAlign = at === 0 ? "left" : at === last ? "right" : "center";
    const place = at === 0 ? x : at === last ? x + BAR : x + BAR / 2;
    const isFirst = at > 0 && at <= every;
    const words = at === 0 ? "before" : `${isFirst ? `${this.model.get("unit")} ` : ""}${said(this.numbers[at - 1], 0)}`;
    ctx.fillText(fitted(ctx, words, Math.max(40, apart * every - 4)), place, h - 6);
    if (at === 0) return;
    const moved = this.ribbons.reduce((sum, r) => sum + (r.turn === at - 1 && r.a !== r.b ? r.many : 0), 0);
    ctx.fillText(said(moved, 0), place, PAD.top - 8);
  }

  drawLegend(palette) {
    const { legend } = this.frame;
    const { items } = this;
    const last = this.numbers.length - 1;
    const from = items.map((_, a) => a);
    const tally = () => {
      const turn = this.numbers.length - 1;
      return items.map((_, b) => from.reduce((sum, a) => sum + this.flow(turn, a, b), 0));
    };
    const key = JSON.stringify([palette.paper, items, last < 0]);
    renewLegend(this, legend, key, (note) => {
      if (last < 0) return;
      legendOfItems(legend, palette, items, tally, note, "mark");
      made(legend, "span", "sb-entry sb-faint", "on top: seats that changed");
    });
  }

  linesOf(i) {
    const ribbon = this.ribbons[i];
    if (!ribbon) return null;
    const { a, b, turn, many } = ribbon;
    const seats = many === 1 ? "1 seat" : `${said(many, 0)} seats`;
    const way = a === b ? `stayed with ${this.items[a][0]}` : `went from ${this.items[a][0]} to ${this.items[b][0]}`;
    const whole = this.columns[turn + 1].bars.reduce((sum, bar) => sum + bar.many, 0);
    const share = `${said((100 * many) / whole)} % of ${said(whole, 0)}`;
    return [`${seats} ${way}`, `${this.model.get("unit")} ${said(this.numbers[turn], 0)}, ${share}`];
  }

  at(x, y) {
    this.under = -1;
    for (let i = 0; i < this.ribbons.length; i++) {
      const { path, a, b } = this.ribbons[i];
      const isHit = path && this.ctx.isPointInPath(path, x * this.ratio, y * this.ratio);
      if (isHit && (this.under < 0 || a !== b)) this.under = i;
    }
    return this.linesOf(this.under);
  }

  leave() {
    this.under = -1;
  }

  key(event) {
    if (!this.ribbons.length) return null;
    const last = this.ribbons.length - 1;
    const turn = this.under < 0 ? this.numbers.length : this.ribbons[this.under].turn;
    const firstOf = (t) => this.ribbons.findIndex((ribbon) => ribbon.turn === t);
    if (event.key === "ArrowLeft") this.under = firstOf(Math.max(0, turn - 1));
    else if (event.key === "ArrowRight") this.under = firstOf(Math.min(this.numbers.length - 1, turn + 1));
    else if (event.key === "ArrowDown") this.under = Math.min(last, this.under + 1);
    else if (event.key === "ArrowUp") this.under = Math.max(0, this.under - 1);
    else if (event.key === "Escape") this.under = -1;
    else return null;
    const ribbon = this.ribbons[this.under];
    const place = ribbon ? { x: this.columns[ribbon.turn].x + BAR, y: ribbon.from } : { x: 0, y: 0 };
    return { lines: this.linesOf(this.under), ...place };
  }
}

function render({ model, el }) {
  const flows = new Flows(model);
  const frame = framed(model, el, flows);
  flows.frame = frame;
  return frame.close;
}

export default { render };
