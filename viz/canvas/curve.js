// Approval over rounds or simulated time: see curve.py.
import { digitsFor, font, framed, made, numbers, renewLegend, said, ticks, withUnit } from "./common.js";
import { mark, swatch } from "./marks.js";

const COLUMNS = 6;
const [NUMBER, PLACE, APPROVAL, CAST, ENTROPY, OUTCOME] = [0, 1, 2, 3, 4, 5];
const OUTCOMES = ["", "accepted", "rejected", "expired", "vetoed", "escalated"];
const OUTCOME_SHAPES = ["", "disc", "cross", "ring", "wedge", "diamond"];
/** Which outcome is drawn where there is room for one mark only. */
const RANKS = [0, 5, 2, 1, 4, 3];
const PAD = { left: 44, right: 44, top: 16, bottom: 34 };
const HINT = "Arrow keys go from moment to moment, with Shift by a tenth, Home and End to the first "
  + "and the last, Escape follows the latest.";
const KEPT = new WeakMap();

/** All points of a model; kept beside it, because only new ones are sent. */
function pointsOf(model) {
  let kept = KEPT.get(model);
  if (!kept) KEPT.set(model, (kept = { from: null, sequence: -1, rows: new Float32Array(0), count: 0 }));
  if (kept.from !== model.get("points")) {
    kept.from = model.get("points");
    kept.rows = numbers(kept.from, Float32Array);
    kept.count = kept.rows.length / COLUMNS;
  }
  if (kept.sequence === model.get("sequence")) return kept;
  kept.sequence = model.get("sequence");
  const start = model.get("start");
  const added = numbers(model.get("added"), Float32Array);
  if (start > kept.count) {
    model.send({ kind: "again" });
    return kept;
  }
  const count = start + added.length / COLUMNS;
  if (count * COLUMNS > kept.rows.length) {
    const more = new Float32Array(Math.max(count, 2 * kept.count, 64) * COLUMNS);
    more.set(kept.rows.subarray(0, kept.count * COLUMNS));
    kept.rows = more;
  }
  kept.rows.set(added, start * COLUMNS);
  kept.count = count;
  return kept;
}

class Curve {
  constructor(model) {
    this.model = model;
    this.kind = "curve";
    this.hint = HINT;
    this.under = -1;
    this.tipsWhileDragging = true;
    this.renew();
  }

  renew() {
    const { rows, count } = pointsOf(this.model);
    [this.rows, this.count] = [rows, count];
    this.told = this.model.get("axes");
    this.isStale = true;
  }

  of(i, column) {
    return this.rows[i * COLUMNS + column];
  }

  has(column) {
    const step = Math.max(1, Math.floor(this.count / 500));
    for (let i = 0; i < this.count; i += step) if (Number.isFinite(this.of(i, column))) return true;
    return this.count > 0 && Number.isFinite(this.of(this.count - 1, column));
  }

  draw(ctx, { w, h }, palette) {
    this.box = { left: PAD.left, top: PAD.top, w: w - PAD.left - PAD.right, h: h - PAD.top - PAD.bottom };
    this.low = this.count ? this.of(0, PLACE) : 0;
    this.high = this.count > 1 ? this.of(this.count - 1, PLACE) : this.low + 1;
    if (this.high <= this.low) this.high = this.low + 1;
    if (this.count === 1) [this.low, this.high] = [this.low - 0.5, this.low + 0.5];
    this.bits = 1;
    for (let i = 0; i < this.count; i++) this.bits = Math.max(this.bits, this.of(i, ENTROPY) || 0);
    this.bits = Math.ceil(this.bits * 2) / 2;
    if (this.isStale) this.drawLegend(palette);
    this.isStale = false;
    this.drawAxes(ctx, palette);
    if (!this.count) return;
    if (this.has(ENTROPY)) this.drawLine(ctx, ENTROPY, this.bits, palette.third, 1.25, [2, 3]);
    const isSolid = this.told.is_dotted;
    if (this.has(CAST) && !isSolid) this.drawLine(ctx, CAST, 100, palette.second, 1.25, [6, 3]);
    if (isSolid) this.drawVerdicts(ctx, palette);
    if (isSolid && this.has(CAST)) this.drawLine(ctx, CAST, 100, palette.second, 2, []);
    else if (!isSolid) this.drawLine(ctx, APPROVAL, 100, palette.approve, 2.25, []);
    this.drawThreshold(ctx, palette);
    if (!this.told.is_dotted) this.drawDecisions(ctx, palette);
    this.drawCursor(ctx, palette);
  }

  x(place) {
    return this.box.left + ((place - this.low) / (this.high - this.low)) * this.box.w;
  }

  y(value, top) {
    return this.box.top + (1 - value / top) * this.box.h;
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
    for (const percent of h < 110 ? [0, 50, 100] : [0, 20, 40, 60, 80, 100]) {
      const y = Math.round(this.y(percent, 100)) + 0.5;
      ctx.moveTo(left, y);
      ctx.lineTo(left + w, y);
      ctx.fillText(percent === 100 ? "100 %" : String(percent), left - 6, y);
    }
    ctx.stroke();
    if (this.has(ENTROPY)) {
      ctx.textAlign = "left";
      for (const bits of ticks(0, this.bits, h < 110 ? 2 : 4)) {
        const words = bits === 0 ? "0 bits" : said(bits, 2);
        ctx.fillText(words, left + w + 6, this.y(bits, this.bits));
      }
    }
    ctx.textAlign = "center";
    ctx.textBaseline = "top";
    const isWhole = this.told.unit === "round";
    const places = this.count === 1 ? [this.of(0, PLACE)] : ticks(this.low, this.high, Math.max(2, w / 90), isWhole);
    for (const at of places) {
      if (this.count || at === this.low) ctx.fillText(said(at, isWhole ? 0 : digitsFor(this.high)), this.x(at), top + h + 5);
    }
    ctx.textAlign = "right";
    ctx.fillText(isWhole ? "round" : "simulated time in s", left + w, top + h + 19);
  }

  /** Draw a line; where points are closer than pixels, the lowest and the highest of each pixel. */
  drawLine(ctx, column, top, colour, width, dashes) {
    const { rows, count, low, high } = this;
    const { left, w } = this.box;
    const isDense = count > 2 * w;
    ctx.beginPath();
    let isDown = false;
    let pixel = -1;
    let [first, least, most, last] = [0, 0, 0, 0];
    const flush = () => {
      if (pixel < 0) return;
      const x = left + pixel;
      if (isDown) ctx.lineTo(x, this.y(first, top));
      else ctx.moveTo(x, this.y(first, top));
      if (most > least) {
        ctx.lineTo(x, this.y(least, top));
        ctx.lineTo(x, this.y(most, top));
        ctx.lineTo(x, this.y(last, top));
      }
      isDown = true;
      pixel = -1;
    };
    for (let i = 0; i < count; i++) {
      const value = rows[i * COLUMNS + column];
      if (value !== value) continue;
      const across = ((rows[i * COLUMNS + PLACE] - low) / (high - low)) * w;
      if (!isDense) {
        if (isDown) ctx.lineTo(left + across, this.y(value, top));
        else ctx.moveTo(left + across, this.y(value, top));
        isDown = true;
        continue;
      }
      const at = Math.floor(across);
      if (at !== pixel) {
        flush();
        pixel = at;
        first = least = most = value;
      } else if (value < least) least = value;
      else if (value > most) most = value;
      last = value;
    }
    flush();
    ctx.strokeStyle = colour;
    ctx.lineWidth = isDense ? Math.min(width, 1.25) : width;
    ctx.lineJoin = "round";
    ctx.setLineDash(isDense ? [] : dashes);
    ctx.stroke();
    ctx.setLineDash([]);
    if (count === 1 || (count <= 60 && column === APPROVAL)) this.drawDots(ctx, colour, column, top);
  }

  /** Each decision at the approval that it closed with, marked by its outcome. */
  drawVerdicts(ctx, palette) {
    const paths = OUTCOMES.map(() => new Path2D());
    const radius = this.count > 400 ? 2.5 : 3.5;
    for (let i = 0; i < this.count; i++) {
      const value = this.of(i, APPROVAL);
      const outcome = this.of(i, OUTCOME);
      if (outcome && value === value) mark(paths[outcome], OUTCOME_SHAPES[outcome], this.x(this.of(i, PLACE)), this.y(value, 100), radius);
    }
    ctx.globalAlpha = 0.75;
    paths.forEach((path, outcome) => {
      ctx.fillStyle = outcomeColour(palette, outcome) || palette.none;
      ctx.fill(path);
    });
    ctx.globalAlpha = 1;
  }

  drawDots(ctx, colour, column, top) {
    const path = new Path2D();
    for (let i = 0; i < this.count; i++) {
      const value = this.of(i, column);
      if (value === value) mark(path, "disc", this.x(this.of(i, PLACE)), this.y(value, top), 3);
    }
    ctx.fillStyle = colour;
    ctx.fill(path);
  }

  drawThreshold(ctx, palette) {
    const percent = this.told.threshold;
    if (percent === null || percent === undefined) return;
    const { left, w } = this.box;
    const y = Math.round(this.y(percent, 100)) + 0.5;
    ctx.strokeStyle = palette.accepted;
    ctx.lineWidth = 1.5;
    ctx.setLineDash([5, 4]);
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(left + w, y);
    ctx.stroke();
    ctx.setLineDash([]);
    const words = [`${said(percent, 0)} % needed`, this.model.get("needed")].filter(Boolean).join(" · ");
    ctx.font = font(11, 600);
    const [at, side] = this.freePlace(ctx.measureText(words).width, y);
    this.tag(ctx, words, at, side, palette.accepted, palette);
  }

  /** The place beside a height where words of a width lie on the fewest lines. */
  freePlace(width, y) {
    const { left, top, w } = this.box;
    const places = [left + 6, left + w - width - 6, left + (w - width) / 2]
      .flatMap((x) => [[x, y - 10], [x, y + 12]])
      .filter(([, middle]) => middle > top + 6);
    const step = Math.max(1, Math.floor(this.count / 300));
    const crossed = places.map(([x, middle]) => {
      let hits = 0;
      for (let i = 0; i < this.count; i += step) {
        const at = this.x(this.of(i, PLACE));
        if (at < x - 12 || at > x + width + 12) continue;
        for (const [column, most] of [[APPROVAL, 100], [CAST, 100], [ENTROPY, this.bits]]) {
          if (Math.abs(this.y(this.of(i, column), most) - middle) < 12) hits += 1;
        }
      }
      return hits;
    });
    return places[crossed.indexOf(Math.min(...crossed))];
  }

  tag(ctx, words, x, y, colour, palette) {
    ctx.font = font(11, 600);
    ctx.textAlign = "left";
    ctx.textBaseline = "middle";
    ctx.lineWidth = 4;
    ctx.strokeStyle = palette.paper;
    ctx.lineJoin = "round";
    ctx.strokeText(words, x, y);
    ctx.fillStyle = colour;
    ctx.fillText(words, x, y);
  }

  drawDecisions(ctx, palette) {
    const slots = new Map();
    for (let i = 0; i < this.count; i++) {
      const outcome = this.of(i, OUTCOME);
      if (!outcome) continue;
      const x = this.x(this.of(i, PLACE));
      const slot = Math.floor(x / 10);
      const there = slots.get(slot);
      if (!there || RANKS[outcome] > RANKS[there.outcome]) slots.set(slot, { x, outcome });
    }
    for (const { x, outcome } of slots.values()) {
      const path = new Path2D();
      mark(path, OUTCOME_SHAPES[outcome], x, this.box.top - 6, 4.5);
      ctx.fillStyle = outcomeColour(palette, outcome);
      ctx.fill(path);
    }
  }

  /** Where the cursor is: the moment that is looked at, or none while the latest is followed. */
  cursorAt() {
    const cursor = this.model.get("cursor");
    if (cursor < 0 || !this.count) return -1;
    return this.nearest(cursor, NUMBER);
  }

  drawCursor(ctx, palette) {
    const at = this.cursorAt();
    for (const [i, colour, width] of [[at, palette.ink, 2], [this.under, palette.faint, 1]]) {
      if (i < 0 || i >= this.count) continue;
      const x = Math.round(this.x(this.of(i, PLACE))) + 0.5;
      ctx.strokeStyle = colour;
      ctx.lineWidth = width;
      ctx.beginPath();
      ctx.moveTo(x, this.box.top - 2);
      ctx.lineTo(x, this.box.top + this.box.h);
      ctx.stroke();
      const value = this.of(i, APPROVAL);
      if (!Number.isFinite(value)) continue;
      const path = new Path2D();
      mark(path, "disc", x, this.y(value, 100), 4.5);
      ctx.fillStyle = colour;
      ctx.fill(path);
    }
  }

  nearest(value, column) {
    let [low, high] = [0, this.count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.of(middle, column) < value) low = middle + 1;
      else high = middle;
    }
    if (low > 0 && value - this.of(low - 1, column) < this.of(low, column) - value) return low - 1;
    return low;
  }

  indexAt(x) {
    if (!this.count || !this.box) return -1;
    const share = (x - this.box.left) / this.box.w;
    if (share < -0.05 || share > 1.05) return -1;
    return this.nearest(this.low + share * (this.high - this.low), PLACE);
  }

  linesOf(i) {
    if (i < 0) return null;
    const { unit, line } = this.told;
    const number = said(this.of(i, NUMBER), 0);
    const lines = [unit === "round" ? `round ${number}` : `${withUnit(this.of(i, PLACE), "s")}, instant ${number}`];
    const approval = this.of(i, APPROVAL);
    if (Number.isFinite(approval)) lines.push(`${line} ${withUnit(approval, "%")}`);
    else lines.push(this.told.is_dotted ? "no decision at this moment" : "approval not known yet");
    if (Number.isFinite(this.of(i, CAST))) lines.push(`${this.told.second || "cast share"} ${withUnit(this.of(i, CAST), "%")}`);
    if (Number.isFinite(this.of(i, ENTROPY))) lines.push(`entropy ${withUnit(this.of(i, ENTROPY), "bits", 2)}`);
    if (this.of(i, OUTCOME)) lines.push(OUTCOMES[this.of(i, OUTCOME)]);
    return lines;
  }

  at(x) {
    this.under = this.indexAt(x);
    return this.linesOf(this.under);
  }

  leave() {
    this.under = -1;
  }

  press(x) {
    this.moveTo(this.indexAt(x));
  }

  drag(_dx, _dy, x) {
    this.moveTo(this.indexAt(Math.min(this.box.left + this.box.w, Math.max(this.box.left, x))));
  }

  moveTo(i) {
    const number = i < 0 ? -1 : Math.round(this.of(i, NUMBER));
    if (number === this.model.get("cursor")) return;
    this.model.set("cursor", number);
    this.model.save_changes();
  }

  key(event) {
    if (!this.count) return null;
    const from = this.cursorAt() < 0 ? this.count - 1 : this.cursorAt();
    const step = event.shiftKey ? Math.max(1, Math.round(this.count / 10)) : 1;
    let to = from;
    if (event.key === "ArrowLeft") to = Math.max(0, from - step);
    else if (event.key === "ArrowRight") to = Math.min(this.count - 1, from + step);
    else if (event.key === "Home") to = 0;
    else if (event.key === "End") to = this.count - 1;
    else if (event.key === "Escape") to = -1;
    else return null;
    this.moveTo(to);
    this.under = -1;
    return { lines: this.linesOf(to), x: to < 0 ? 0 : this.x(this.of(to, PLACE)), y: this.box.top + 8 };
  }

  drawLegend(palette) {
    const { legend } = this.frame;
    this.outcomes = OUTCOMES.map(() => 0);
    for (let i = 0; i < this.count; i++) this.outcomes[this.of(i, OUTCOME)]++;
    const { is_dotted: isDotted, second = "cast share" } = this.told;
    const lines = [this.told.line || "approval", this.has(CAST) && second, this.has(ENTROPY), isDotted];
    const ofAll = this.told.of_all > 0;
    const key = JSON.stringify([palette.paper, lines, ofAll, this.outcomes.map((many) => many > 0)]);
    renewLegend(this, legend, key, (note) => {
      if (!isDotted) this.entry(legend, lines[0], palette.approve, "solid", 3);
      if (lines[1]) this.entry(legend, second, palette.second, isDotted ? "solid" : "dashed", 2);
      if (lines[2]) this.entry(legend, "vote entropy, right axis", palette.third, "dotted", 2);
      if (isDotted) made(legend, "span", "sb-faint", `marks: ${lines[0]} at the close of each decision shown:`);
      if (ofAll) {
        const words = made(legend, "span", "sb-faint");
        note(words, () => `marks: the first decision shown of each round, of ${said(this.told.of_all, 0)} in all:`);
      }
      this.outcomes.forEach((many, outcome) => {
        if (!outcome || !many) return;
        const entry = made(legend, "span", "sb-entry");
        swatch(entry, OUTCOME_SHAPES[outcome], outcomeColour(palette, outcome));
        made(entry, "span", "", OUTCOMES[outcome]);
        note(made(entry, "b"), () => said(this.outcomes[outcome], 0));
      });
    });
  }

  entry(legend, words, colour, style, width) {
    const entry = made(legend, "span", "sb-entry");
    const stroke = made(entry, "span", "sb-stroke");
    stroke.style.borderTop = `${width}px ${style} ${colour}`;
    made(entry, "span", "", words);
  }
}

function outcomeColour(palette, outcome) {
  return ["", palette.accepted, palette.alarm, palette.faint, palette.alarm, palette.second][outcome];
}

function render({ model, el }) {
  const curve = new Curve(model);
  const frame = framed(model, el, curve);
  curve.frame = frame;
  model.on("change:cursor", frame.ask);
  return () => {
    model.off("change:cursor", frame.ask);
    frame.close();
  };
}

export default { render };
