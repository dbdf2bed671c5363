// A drawing context that writes SVG: what is drawn on it becomes paths and words, see saving.js.

const FULL_TURN = 2 * Math.PI;
const ANCHORS = { left: "start", start: "start", center: "middle", right: "end", end: "end" };
const PLAIN = ["moveTo", "lineTo", "bezierCurveTo", "quadraticCurveTo", "arc", "ellipse", "rect", "closePath"];
const STYLED = ["fillStyle", "strokeStyle", "lineWidth", "lineCap", "lineJoin", "globalAlpha", "font",
  "textAlign", "textBaseline", "imageSmoothingEnabled"];
const PlainPath = globalThis.Path2D;

const short = (value) => String(Math.round(value * 100) / 100);
const listed = (...values) => values.map(short).join(" ");

/** Return words as they may stand in SVG; what XML cannot hold is left out. */
export function escaped(words) {
  const named = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  // eslint-disable-next-line no-control-regex
  return String(words).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
    .replace(/[&<>"]/g, (letter) => named[letter]);
}

/** The segments of a path, as SVG writes them. */
class Trace {
  constructor(from = "") {
    this.parts = from ? [from] : [];
  }

  moveTo(x, y) {
    this.parts.push(`M${listed(x, y)}`);
  }

  lineTo(x, y) {
    this.parts.push(`${this.parts.length ? "L" : "M"}${listed(x, y)}`);
  }

  bezierCurveTo(...points) {
    this.parts.push(`C${listed(...points)}`);
  }

  quadraticCurveTo(...points) {
    this.parts.push(`Q${listed(...points)}`);
  }

  rect(x, y, w, h) {
    this.parts.push(`M${listed(x, y)}h${short(w)}v${short(h)}h${short(-w)}z`);
  }

  closePath() {
    this.parts.push("z");
  }

  arc(x, y, r, from, to, isBack = false) {
    this.ellipse(x, y, r, r, 0, from, to, isBack);
  }

  ellipse(x, y, rx, ry, turned, from, to, isBack = false) {
    const [cos, sin] = [Math.cos(turned), Math.sin(turned)];
    const at = (angle) => {
      const [dx, dy] = [rx * Math.cos(angle), ry * Math.sin(angle)];
      return listed(x + dx * cos - dy * sin, y + dx * sin + dy * cos);
    };
    const isWhole = Math.abs(to - from) >= FULL_TURN - 1e-9;
    let by = isWhole ? FULL_TURN * (isBack ? -1 : 1) : (to - from) % FULL_TURN;
    if (!isWhole && isBack && by > 0) by -= FULL_TURN;
    if (!isWhole && !isBack && by < 0) by += FULL_TURN;
    const head = `A${listed(rx, ry, (turned * 180) / Math.PI)} 0 ${isBack ? 0 : 1} `;
    this.parts.push(`${this.parts.length ? "L" : "M"}${at(from)}`);
    // Two halves, since an arc of SVG cannot end where it began.
    this.parts.push(head + at(from + by / 2), head + at(from + by));
  }

  get d() {
    return this.parts.join("");
  }
}

/** A path that remembers its segments; everything else about it is as ever. */
class TracedPath extends PlainPath {
  constructor(from) {
    super(from);
    this.trace = new Trace(typeof from === "string" ? from : from && from.trace ? from.trace.d : "");
  }
}
for (const name of PLAIN) {
  TracedPath.prototype[name] = function traced(...given) {
    this.trace[name](...given);
    PlainPath.prototype[name].apply(this, given);
  };
}

/** Have paths remember their segments while something is drawn. */
export function whileTraced(draw) {
  globalThis.Path2D = TracedPath;
  try {
    draw();
  } finally {
    globalThis.Path2D = PlainPath;
  }
}

/** Takes what canvases are drawn with, and gives an SVG document. */
export class VectorContext {
  constructor() {
    this.scratch = document.createElement("canvas").getContext("2d");
    Object.assign(this, { fillStyle: "#000000", strokeStyle: "#000000", lineWidth: 1, lineCap: "butt",
      lineJoin: "miter", globalAlpha: 1, font: "10px sans-serif", textAlign: "start",
      textBaseline: "alphabetic", imageSmoothingEnabled: true });
    this.dashes = [];
    this.matrix = [1, 0, 0, 1, 0, 0];
    this.kept = [];
    this.clips = [];
    this.body = [];
    this.style = null;
    this.beginPath();
  }

  beginPath() {
    this.path = new Trace();
  }

  save() {
    const kept = { dashes: this.dashes, matrix: this.matrix, open: 0 };
    for (const name of STYLED) kept[name] = this[name];
    this.kept.push(kept);
  }

  restore() {
    const kept = this.kept.pop();
    if (!kept) return;
    const { open, ...others } = kept;
    this.endStyle();
    this.body.push("</g>".repeat(open));
    Object.assign(this, others);
  }

  transform(a, b, c, d, e, f) {
    const [k, l, m, n, o, p] = this.matrix;
    this.matrix = [k * a + m * b, l * a + n * b, k * c + m * d, l * c + n * d, k * e + m * f + o, l * e + n * f + p];
  }

  translate(x, y) {
    this.transform(1, 0, 0, 1, x, y);
  }

  scale(x, y) {
    this.transform(x, 0, 0, y, 0, 0);
  }

  rotate(angle) {
    this.transform(Math.cos(angle), Math.sin(angle), -Math.sin(angle), Math.cos(angle), 0, 0);
  }

  clip(path) {
    const { d } = (path && path.trace) || this.path;
    const name = `clip-${this.clips.length}`;
    this.clips.push(`<clipPath id="${name}"><path d="${d}"${this.placed()}/></clipPath>`);
    this.endStyle();
    this.body.push(`<g clip-path="url(#${name})">`);
    if (this.kept.length) this.kept[this.kept.length - 1].open += 1;
  }

  setLineDash(dashes) {
    this.dashes = [...dashes];
  }

  getLineDash() {
    return [...this.dashes];
  }

  isPointInPath() {
    return false;
  }

  measureText(words) {
    this.scratch.font = this.font;
    this.scratch.textAlign = this.textAlign;
    this.scratch.textBaseline = this.textBaseline;
    return this.scratch.measureText(words);
  }

  clearRect() {}

  fillRect(x, y, w, h) {
    const box = new Trace();
    box.rect(x, y, w, h);
    this.filled(box);
  }

  strokeRect(x, y, w, h) {
    const box = new Trace();
    box.rect(x, y, w, h);
    this.stroked(box);
  }

  fill(path) {
    this.filled((path && path.trace) || this.path);
  }

  stroke(path) {
    this.stroked((path && path.trace) || this.path);
  }

  fillText(words, x, y) {
    this.words(words, x, y, `fill="${escaped(this.fillStyle)}"`);
  }

  strokeText(words, x, y) {
    this.words(words, x, y, `fill="none" ${this.line()}`);
  }

  /** Draw a picture as rectangles of its colours: what is alike side by side becomes one. */
  drawImage(picture, x, y, wide = picture.width, high = picture.height) {
    const { width, height } = picture;
    if (!width || !height) return;
    const { data } = picture.getContext("2d").getImageData(0, 0, width, height);
    const pixels = new Uint32Array(data.buffer);
    const [across, down] = [wide / width, high / height];
    for (const [pixel, boxes] of rectanglesOf(pixels, width, height)) {
      const alpha = (pixel >>> 24) / 255;
      const colour = `#${[pixel, pixel >>> 8, pixel >>> 16].map((c) => (c & 255).toString(16).padStart(2, "0")).join("")}`;
      const d = boxes.map(([left, top, w, h]) => `M${listed(x + left * across, y + top * down)}h${short(w * across)}v${short(h * down)}h${short(-w * across)}z`);
      const opacity = alpha < 1 ? ` fill-opacity="${short(alpha)}"` : "";
      this.emit(`fill="${colour}"${opacity} shape-rendering="crispEdges"`, `<path d="${d.join("")}"/>`);
    }
  }

  filled(trace) {
    if (!trace.parts.length) return;
    const opacity = this.globalAlpha < 1 ? ` fill-opacity="${this.globalAlpha}"` : "";
    this.emit(`fill="${escaped(this.fillStyle)}"${opacity}`, `<path d="${trace.d}"/>`);
  }

  stroked(trace) {
    if (trace.parts.length) this.emit(`fill="none" ${this.line()}`, `<path d="${trace.d}"/>`);
  }

  line() {
    const parts = [`stroke="${escaped(this.strokeStyle)}" stroke-width="${short(this.lineWidth)}"`];
    if (this.lineJoin !== "miter") parts.push(`stroke-linejoin="${this.lineJoin}"`);
    if (this.lineCap !== "butt") parts.push(`stroke-linecap="${this.lineCap}"`);
    if (this.dashes.length) parts.push(`stroke-dasharray="${this.dashes.join(" ")}"`);
    if (this.globalAlpha < 1) parts.push(`stroke-opacity="${this.globalAlpha}"`);
    return parts.join(" ");
  }

  words(words, x, y, paint) {
    if (!words) return;
    const above = this.measureText(words).actualBoundingBoxAscent;
    this.scratch.textBaseline = "alphabetic";
    const baseline = y + this.scratch.measureText(words).actualBoundingBoxAscent - above;
    const [, weight = "400", size, family] = /^(?:(\S+) )?([\d.]+)px (.*)$/.exec(this.font) || [0, "400", "12", "sans-serif"];
    const style = `${paint} font-family="${escaped(family.replace(/"/g, "'"))}" font-size="${size}" `
      + `font-weight="${weight}" text-anchor="${ANCHORS[this.textAlign]}"`;
    this.emit(style, `<text x="${short(x)}" y="${short(baseline)}" xml:space="preserve">${escaped(words)}</text>`);
  }

  placed() {
    return this.matrix.join() === "1,0,0,1,0,0" ? "" : ` transform="matrix(${listed(...this.matrix)})"`;
  }

  /** Write an element; those of the same style, one after another, share a group. */
  emit(style, element) {
    const whole = style + this.placed();
    if (whole !== this.style) {
      this.endStyle();
      this.body.push(`<g ${whole}>`);
      this.style = whole;
    }
    this.body.push(element);
  }

  endStyle() {
    if (this.style !== null) this.body.push("</g>");
    this.style = null;
  }

  /** Return the document. */
  document({ w, h }, title, told) {
    this.endStyle();
    const size = `width="${short(w)}" height="${short(h)}" viewBox="0 0 ${listed(w, h)}"`;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">`,
      `<title>${escaped(title)}</title><desc>${escaped(told)}</desc>`,
      `<defs>${this.clips.join("")}</defs>`,
      ...this.body,
      "</svg>",
    ].join("\n");
  }
}

for (const name of PLAIN) {
  VectorContext.prototype[name] = function drawn(...given) {
    this.path[name](...given);
  };
}

/** Return rectangles [left, top, wide, high] by colour, which cover all pixels that can be seen. */
function rectanglesOf(pixels, width, height) {
  const found = new Map();
  let above = new Map();
  const end = ({ pixel, box }) => {
    if (!found.has(pixel)) found.set(pixel, []);
    found.get(pixel).push(box);
  };
  for (let y = 0; y < height; y++) {
    const here = new Map();
    for (let x = 0; x < width;) {
      const pixel = pixels[y * width + x];
      let next = x + 1;
      while (next < width && pixels[y * width + next] === pixel) next += 1;
      if (pixel >>> 24) {
        const key = `${x} ${next} ${pixel}`;
        const run = above.get(key) || { pixel, box: [x, y, next - x, 0] };
        run.box[3] += 1;
        above.delete(key);
        here.set(key, run);
      }
      x = next;
    }
    for (const run of above.values()) end(run);
    above = here;
  }
  for (const run of above.values()) end(run);
  return found;
}
