// Agents as marks, on rows or a map, or as cells where there are too many: see field.py.
import { blend, colourOf, digitsFor, framed, made, numbers, renewLegend, rgb, said, tool, unpacked,
  withUnit } from "./common.js";
import { isHatched, legendOfItems, mark, namedItems } from "./marks.js";
import { laidOut } from "./places.js";

const EDGE_WIDTHS = [0.7, 1.1, 1.8, 2.8];
const HINT = "Arrow keys go from agent to agent, Enter selects, plus and minus zoom, Shift with arrow "
  + "keys moves the picture, 0 shows all of it, Escape clears the selection.";

class Field {
  constructor(model) {
    this.model = model;
    this.kind = "field";
    this.hint = HINT;
    this.zoom = { scale: 1, x: 0, y: 0 };
    this.under = -1;
    this.renew();
  }

  renew() {
    const get = (name) => this.model.get(name);
    const { cells = 0 } = get("ground");
    const [bits = 1, valueBits = 0] = get("legend").bits || [];
    this.ground = get("ground");
    this.items = get("legend").items || [];
    this.scale = get("legend").scale;
    this.isByValue = Boolean(get("legend").by_value);
    this.codes = unpacked(get("votes"), bits, cells);
    this.values = unpacked(get("values"), valueBits, this.scale ? cells : 0);
    this.top = 2 ** valueBits - 2;
    this.edges = this.edgesFrom === get("edges") ? this.edges : numbers(get("edges"), Uint32Array);
    this.edgesFrom = get("edges");
    this.strains = unpacked(get("strains"), 2, this.edges.length / 2);
    this.widths = numbers(get("widths"), Float32Array);
    this.tiles = null;
    this.isStale = true;
  }

  /** The value of a cell, or null where none is known. */
  valueOf(i) {
    if (!this.scale || i >= this.values.length || this.values[i] > this.top) return null;
    return this.scale.low + (this.values[i] / this.top) * (this.scale.high - this.scale.low);
  }

  draw(ctx, size, palette) {
    const key = `${size.w} ${size.h} ${size.ratio}`;
    if (this.laidFor !== key || this.laidFrom !== this.ground) {
      if (this.laidFrom !== this.ground) this.zoom = { scale: 1, x: 0, y: 0 };
      this.laid = laidOut(this.model, size);
      [this.laidFor, this.laidFrom, this.tiles] = [key, this.ground, null];
    }
    if (this.isStale) this.drawLegend(palette);
    this.isStale = false;
    if (this.laid.isBinned) this.drawCells(ctx, size, palette);
    else this.drawMarks(ctx, palette);
  }

  screen(i) {
    const { scale, x, y } = this.zoom;
    const { laid } = this;
    if (!laid.isBinned) {
      return [laid.xs[i] * scale + x, laid.ys[i] * scale + y, laid.radii[i] * Math.sqrt(scale)];
    }
    const slot = laid.slots.length ? laid.slots[i] : i;
    const column = slot % laid.columns;
    const row = Math.floor(slot / laid.columns);
    return [
      (laid.left + (column + 0.5) * laid.pitch) * scale + x,
      (laid.top + (row + 0.5) * laid.pitch) * scale + y,
      (laid.pitch / 2) * scale,
    ];
  }

  drawMarks(ctx, palette) {
    const { laid, items, codes, values } = this;
    const { scale, x: dx, y: dy } = this.zoom;
    const grow = Math.sqrt(scale);
    if (this.edges.length) this.drawEdges(ctx, palette);
    const groups = new Map();
    for (let i = 0; i < laid.n; i++) {
      const code = codes[i] || 0;
      const level = this.isByValue && this.scale ? values[i] : -1;
      const group = code * 512 + level + 1;
      const alike = groups.get(group);
      if (alike) alike.push(i);
      else groups.set(group, [i]);
    }
    for (const [group, alike] of groups) {
      const level = (group % 512) - 1;
      const item = items[Math.floor(group / 512)];
      const shape = item ? item[2] : "dot";
      const size = this.isByValue && shape === "dot" ? 1.4 * grow : grow;
      if (level >= 0 && level <= this.top) ctx.fillStyle = blend(palette.heat, level / this.top);
      else ctx.fillStyle = this.isByValue || !item ? palette.none : colourOf(palette, item[1]);
      for (const i of alike) {
        ctx.beginPath();
        mark(ctx, shape, laid.xs[i] * scale + dx, laid.ys[i] * scale + dy, laid.radii[i] * size);
        ctx.fill();
      }
    }
    this.ringed(ctx, this.model.get("picked"), palette.ink, 2.5);
    this.ringed(ctx, this.under, palette.focus, 2);
  }

  drawEdges(ctx, palette) {
    const { edges, strains, widths, laid } = this;
    const { scale, x: dx, y: dy } = this.zoom;
    const widest = widths.length ? widths.reduce((a, b) => Math.max(a, b), 0) || 1 : 1;
    const groups = Array.from({ length: 16 }, () => []);
    for (let e = 0; e < edges.length / 2; e++) {
      const wide = widths.length ? Math.round(2 * Math.sqrt(widths[e] / widest)) : 1;
      groups[(strains.length ? strains[e] : 0) * 4 + wide].push(e);
    }
    groups.forEach((alike, key) => {
      const strain = Math.floor(key / 4);
      const wide = EDGE_WIDTHS[strain] * (0.75 + 0.5 * (key % 4)) * Math.sqrt(scale);
      ctx.strokeStyle = palette.strain[strain];
      ctx.lineWidth = wide < 1.3 ? 1 : wide;
      for (const e of alike) {
        const [a, b] = [edges[2 * e], edges[2 * e + 1]];
        ctx.beginPath();
        ctx.moveTo(laid.xs[a] * scale + dx, laid.ys[a] * scale + dy);
        ctx.lineTo(laid.xs[b] * scale + dx, laid.ys[b] * scale + dy);
        ctx.stroke();
      }
    });
  }

  ringed(ctx, i, colour, width) {
    if (i < 0 || i >= this.laid.n) return;
    const [x, y, r] = this.screen(i);
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.beginPath();
    if (this.laid.isBinned) ctx.rect(x - r - 1, y - r - 1, 2 * r + 2, 2 * r + 2);
    else ctx.arc(x, y, r + 3, 0, 2 * Math.PI);
    ctx.stroke();
  }

  drawCells(ctx, { ratio }, palette) {
    const { laid } = this;
    if (!this.tiles) this.tiles = this.tiled(palette);
    const { scale, x, y } = this.zoom;
    ctx.imageSmoothingEnabled = false;
    ctx.drawImage(
      this.tiles,
      laid.left * scale + x,
      laid.top * scale + y,
      (this.tiles.width / ratio) * scale,
      (this.tiles.height / ratio) * scale,
    );
    this.ringed(ctx, this.model.get("picked"), palette.ink, 2.5);
    this.ringed(ctx, this.under, palette.focus, 2);
  }

  /** Draw all cells, pixel by pixel, into a picture of their own. */
  tiled(palette) {
    const { laid, codes, values } = this;
    const { side, columns, rows } = laid;
    const picture = this.picture || document.createElement("canvas");
    this.picture = picture;
    const wide = columns * side;
    if (picture.width !== wide || picture.height !== rows * side) {
      [picture.width, picture.height] = [wide, rows * side];
    }
    const brush = picture.getContext("2d");
    const image = brush.createImageData(wide, rows * side);
    const pixels = new Uint32Array(image.data.buffer);
    const inks = this.inks(palette);
    const levels = this.top + 2;
    const gap = side >= 6 ? 1 : 0;
    const inner = side - gap;
    const hatches = this.items.map((item) => this.hatch(item[2], inner));
    for (let i = 0; i < laid.n; i++) {
      const slot = laid.slots.length ? laid.slots[i] : i;
      const corner = Math.floor(slot / columns) * side * wide + (slot % columns) * side;
      const code = codes[i] || 0;
      const level = i < values.length ? values[i] : levels - 1;
      const ink = inks[2 * (code * levels + level)];
      const pale = inks[2 * (code * levels + level) + 1];
      const hatch = hatches[code];
      for (let y = 0; y < inner; y++) {
        const row = corner + y * wide;
        for (let x = 0; x < inner; x++) pixels[row + x] = hatch[y * inner + x] ? pale : ink;
      }
    }
    brush.putImageData(image, 0, 0);
    return picture;
  }

  hatch(shape, side) {
    const found = new Uint8Array(side * side);
    if (this.isByValue || side < 4) return found;
    for (let i = 0; i < found.length; i++) {
      found[i] = isHatched(shape, i % side, Math.floor(i / side), side) ? 1 : 0;
    }
    return found;
  }

  /** The ink and the paler ink of each code and level, as pixels. */
  inks(palette) {
    const levels = this.top + 2;
    const found = new Uint32Array(2 * levels * Math.max(1, this.items.length));
    const pixel = (colour) => {
      const [r, g, b] = rgb(colour);
      return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
    };
    this.items.forEach((item, code) => {
      for (let level = 0; level < levels; level++) {
        const at = 2 * (code * levels + level);
        const isKnown = level <= this.top;
        const share = isKnown && this.top ? level / this.top : 1;
        const full = this.isByValue
          ? isKnown ? blend(palette.heat, share) : palette.none
          : blend([palette.paper, colourOf(palette, item[1])], 0.4 + 0.6 * share);
        found[at] = pixel(full);
        found[at + 1] = this.isByValue ? found[at] : pixel(blend([palette.paper, full], 0.5));
      }
    });
    return found;
  }

  nearest(x, y) {
    const { laid } = this;
    if (!laid) return -1;
    if (laid.isBinned) {
      const { scale } = this.zoom;
      const column = Math.floor(((x - this.zoom.x) / scale - laid.left) / laid.pitch);
      const row = Math.floor(((y - this.zoom.y) / scale - laid.top) / laid.pitch);
      const isIn = column >= 0 && row >= 0 && column < laid.columns && row < laid.rows;
      return isIn ? laid.cellAt[row * laid.columns + column] : -1;
    }
    let best = -1;
    let least = Infinity;
    for (let i = 0; i < laid.n; i++) {
      const [sx, sy, r] = this.screen(i);
      const far = Math.hypot(sx - x, sy - y) - r;
      if (far < least) [best, least] = [i, far];
    }
    return least < 8 ? best : -1;
  }

  linesOf(i) {
    if (i < 0) return null;
    const { ground, items, scale } = this;
    const item = items[this.codes[i]];
    const value = this.valueOf(i);
    const step = scale ? (scale.high - scale.low) / Math.max(1, this.top) : 0;
    const digits = step ? Math.max(0, digitsFor(step) - 2) : 0;
    if (this.laid.isBinned) {
      const lines = [this.nameOfCell(i)];
      if (!this.isByValue && item && value !== null) {
        lines.push(`${value >= 99.5 ? "all" : `${said(value, 0)} %`}: ${item[0]}`);
      }
      if (this.isByValue && value !== null) {
        lines.push(`mean ${scale.name} ${withUnit(value, scale.unit, digits)}`);
      }
      return lines;
    }
    const role = ground.roles.find(([, first, many]) => i >= first && i < first + many);
    const lines = [ground.names[i] || `${role ? role[0] : "agent"} #${i}`];
    if (role && ground.names[i]) lines.push(role[0]);
    if (item && items.length > 1) lines.push(item[0]);
    if (value !== null) lines.push(`${scale.name} ${withUnit(value, scale.unit, digits)}`);
    return lines;
  }

  nameOfCell(i) {
    const { each, agents } = this.ground;
    if (!each) {
      const many = numbers(this.model.get("sizes"), Float32Array)[i];
      return many === 1 ? "1 agent here" : `${said(many, 0)} agents here`;
    }
    const last = Math.min(agents, (i + 1) * each) - 1;
    return `agents ${said(i * each, 0)} to ${said(last, 0)}`;
  }

  at(x, y) {
    this.under = this.nearest(x, y);
    return this.linesOf(this.under);
  }

  leave() {
    this.under = -1;
  }

  press(x, y) {
    this.pick(this.nearest(x, y));
  }

  pick(i) {
    this.model.set("picked", i);
    this.model.save_changes();
  }

  drag(dx, dy) {
    this.zoom.x += dx;
    this.zoom.y += dy;
  }

  wheel(event, x, y) {
    this.zoomBy(Math.exp(-event.deltaY * 0.0015), x, y);
  }

  zoomBy(factor, x, y) {
    const scale = Math.min(40, Math.max(1, this.zoom.scale * factor));
    const by = scale / this.zoom.scale;
    this.zoom = { scale, x: x - (x - this.zoom.x) * by, y: y - (y - this.zoom.y) * by };
    if (scale === 1) this.zoom = { scale, x: 0, y: 0 };
  }

  key(event, size) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const step = steps[event.key];
    if (!this.laid || !this.laid.n) return null;
    if (step && event.shiftKey) this.drag(-40 * step[0], -40 * step[1]);
    else if (step) this.under = this.beside(...step);
    else if (event.key === "Enter" || event.key === " ") this.pick(this.under);
    else if (event.key === "+" || event.key === "=") this.zoomBy(1.4, ...this.focus(size));
    else if (event.key === "-") this.zoomBy(1 / 1.4, ...this.focus(size));
    else if (event.key === "0" || event.key === "Home") this.zoom = { scale: 1, x: 0, y: 0 };
    else if (event.key === "Escape") this.pick((this.under = -1));
    else return null;
    const [x, y] = this.under >= 0 ? this.screen(this.under) : [0, 0];
    return { lines: this.linesOf(this.under), x, y };
  }

  focus(size) {
    return this.under >= 0 ? this.screen(this.under) : [size.w / 2, size.h / 2];
  }

  /** The agent next to the one in focus, in a direction. */
  beside(dx, dy) {
    const { laid } = this;
    const picked = this.model.get("picked");
    const from = this.under >= 0 ? this.under : picked;
    if (from < 0 || from >= laid.n) return 0;
    if (laid.columns && !laid.isMap) {
      const next = from + dx + dy * laid.columns;
      return next >= 0 && next < laid.n ? next : from;
    }
    const [x, y] = this.screen(from);
    let best = from;
    let least = Infinity;
    for (let i = 0; i < laid.n; i++) {
      const [sx, sy] = this.screen(i);
      const along = (sx - x) * dx + (sy - y) * dy;
      const across = Math.abs((sx - x) * dy) + Math.abs((sy - y) * dx);
      const far = along + 2 * across;
      if (i !== from && along > 0.5 && far < least) [best, least] = [i, far];
    }
    return best;
  }

  drawLegend(palette) {
    const { legend } = this.frame;
    const { items } = this;
    const told = this.model.get("legend");
    const tally = () => this.model.get("tally");
    const looks = this.isByValue ? "bare" : this.laid.isBinned ? "cell" : "mark";
    const counts = this.countStrains();
    const strong = this.edges.length ? counts.map((n) => n > 0) : [];
    const key = JSON.stringify([palette.paper, told, this.ground.beside, looks, strong, namedItems(items, tally())]);
    renewLegend(this, legend, key, (note) => {
      if (this.isByValue && this.scale) this.drawScale(legend, palette);
      if (items.length > 1) legendOfItems(legend, palette, items, tally, note, looks);
      if (told.edge && strong.length) this.drawEdgeLegend(legend, palette, told.edge, strong, note);
      if (this.ground.beside) made(legend, "span", "sb-faint", this.ground.beside);
    });
  }

  drawScale(legend, palette) {
    const { name, unit, low, high } = this.scale;
    const digits = digitsFor(high - low);
    const entry = made(legend, "span", "sb-entry");
    made(entry, "span", "", name);
    made(entry, "span", "sb-faint", said(low, digits));
    made(entry, "span", "sb-scale").style.background = `linear-gradient(90deg, ${palette.heat})`;
    made(entry, "span", "sb-faint", withUnit(high, unit, digits));
  }

  countStrains() {
    const counts = [0, 0, 0, 0];
    for (const strain of this.strains) counts[strain]++;
    return counts;
  }

  drawEdgeLegend(legend, palette, { name, unit, cuts }, strong, note) {
    made(legend, "span", "sb-entry", `${name}${unit ? ` (${unit})` : ""}`);
    cuts.forEach((cut, i) => {
      if (!strong[i + 1]) return;
      const entry = made(legend, "span", "sb-entry");
      const stroke = made(entry, "span", "sb-stroke");
      stroke.style.height = `${EDGE_WIDTHS[i + 1] + 1}px`;
      stroke.style.background = palette.strain[i + 1];
      const range = i < 2 ? `${said(cut)} to ${said(cuts[i + 1])}` : `from ${said(cut)}`;
      made(entry, "span", "sb-faint", range);
      note(made(entry, "b"), () => said(this.countStrains()[i + 1], 0));
    });
  }
}

function render({ model, el }) {
  const field = new Field(model);
  const frame = framed(model, el, field);
  field.frame = frame;
  const middle = () => {
    const { w, h } = frame.size();
    return [w / 2, h / 2];
  };
  const zoomed = (factor) => () => {
    if (factor) field.zoomBy(factor, ...middle());
    else field.zoom = { scale: 1, x: 0, y: 0 };
    frame.ask();
  };
  tool(frame, "+", "Zoom in", zoomed(1.4));
  tool(frame, "−", "Zoom out", zoomed(1 / 1.4));
  tool(frame, "All", "Show all", zoomed(0));
  frame.root.querySelector(".sb-head").hidden = false;
  model.on("change:picked", frame.ask);
  return () => {
    model.off("change:picked", frame.ask);
    frame.close();
  };
}

export default { render };
