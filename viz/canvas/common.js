// What all canvases share: the frame around a canvas, drawing on demand, tooltips, keys, numbers.
import { PALETTES } from "./palette.js";
import { savable } from "./saving.js";


/** Read a bytes trait as typed numbers. */
export function numbers(trait, Kind) {
  if (!trait || !trait.byteLength) return new Kind(0);
  const start = trait.byteOffset || 0;
  const buffer = trait.buffer || trait;
  return new Kind(buffer.slice(start, start + trait.byteLength));
}

/** Read codes of `bits` bits each, the highest bit first. */
export function unpacked(trait, bits, count) {
  const bytes = numbers(trait, Uint8Array);
  if (bits === 8) return bytes;
  const codes = new Uint8Array(Math.min(count, Math.floor((bytes.length * 8) / (bits || 1))));
  let held = 0;
  let many = 0;
  let next = 0;
  for (let i = 0; i < codes.length; i++) {
    while (many < bits) {
      held = ((held << 8) | bytes[next++]) & 0xffff;
      many += 8;
    }
    many -= bits;
    codes[i] = (held >> many) & ((1 << bits) - 1);
  }
  return codes;
}

/** Write a number as people read it, with at most `digits` decimals. */
export function said(value, digits = 1) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "none";
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

/** Return how many decimals tell apart numbers that lie `span` apart in all. */
export function digitsFor(span) {
  if (!(span > 0)) return 1;
  return Math.min(6, Math.max(0, 2 - Math.floor(Math.log10(span))));
}

const COUNTED = ["votes", "ballots", "seats", "agents", "tickets", "rows"];

/** Put a unit behind a number; percent and others alike with a space. */
export function withUnit(value, unit, digits = 1) {
  if (!unit) return said(value, digits);
  return `${said(value, digits)} ${value === 1 && COUNTED.includes(unit) ? unit.slice(0, -1) : unit}`;
}

/** Return about `wanted` round numbers from low to high. */
export function ticks(low, high, wanted, isWhole = false) {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = [1, 2, 5, 10].find((s) => s * power >= rough * 0.999) * power;
  if (isWhole) step = Math.max(1, Math.round(step));
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-6; at += step) {
    found.push(Math.abs(at) < step * 1e-9 ? 0 : at);
  }
  return found;
}

/** Find a colour by its name; `factions.2` is the third of a list. */
export function colourOf(palette, name) {
  const [key, at] = name.split(".");
  return at === undefined ? palette[key] : palette[key][Number(at)];
}

/** Return [red, green, blue] of `#rrggbb`. */
export function rgb(colour) {
  const value = parseInt(colour.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** Return a colour between the stops of a scale, for a share from 0 to 1. */
export function blend(stops, share) {
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const first = Math.min(stops.length - 2, Math.floor(at));
  const from = rgb(stops[first]);
  const to = rgb(stops[first + 1]);
  const mixed = from.map((c, i) => Math.round(c + (to[i] - c) * (at - first)));
  return `#${mixed.map((c) => c.toString(16).padStart(2, "0")).join("")}`;
}

/** Make an element with a class and words; never markup, so that names cannot bring any. */
export function made(parent, tag, kind, words) {
  const element = document.createElement(tag);
  if (kind) element.className = kind;
  if (words !== undefined) element.textContent = words;
  if (parent) parent.appendChild(element);
  return element;
}

/**
 * Build the frame of a canvas and draw it whenever the model's sequence number changes.
 *
 * `view.draw(ctx, size, palette)` draws, in CSS pixels. Optional: `view.legend(element, palette)`
 * after a draw whose legend changed, `view.at(x, y)` lines for a tooltip and what to do on
 * `view.press(x, y, event)`, `view.drag(dx, dy, x, y)`, `view.wheel(event, x, y)`,
 * `view.key(event)` (true if it was of use), `view.place()` the tooltip's place after a key.
 */
export function framed(model, el, view) {
  const root = made(el, "div", `sb-view sb-${view.kind}`);
  const head = made(root, "div", "sb-head");
  const title = made(head, "div", "sb-title");
  const tools = made(head, "div", "sb-tools");
  const stage = made(root, "div", "sb-stage");
  const canvas = made(stage, "canvas", "sb-canvas");
  const notice = made(stage, "div", "sb-notice");
  const tip = made(stage, "div", "sb-tip");
  const foot = made(root, "div", "sb-foot");
  const legend = made(foot, "div", "sb-legend");
  const live = made(root, "div", "sb-unseen");
  const hint = made(root, "div", "sb-unseen", view.hint);
  const ctx = canvas.getContext("2d", { willReadFrequently: Boolean(view.onCpu) });
  let isAsked = false;
  let isGone = false;
  let dragFrom = null;
  hint.id = `sb-hint-${Math.random().toString(36).slice(2)}`;
  live.setAttribute("aria-live", "polite");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-describedby", hint.id);
  canvas.tabIndex = 0;
  tip.hidden = notice.hidden = true;

  const palette = () => PALETTES[model.get("theme")] || PALETTES.light;
  const size = () => ({ w: stage.clientWidth, h: stage.clientHeight });

  function dress() {
    for (const [name, value] of Object.entries(palette())) {
      if (typeof value === "string") root.style.setProperty(`--sb-${name}`, value);
    }
    root.dataset.theme = model.get("theme");
    if (!view.heightFor || !stage.style.height) stage.style.height = `${model.get("height_px")}px`;
    title.textContent = model.get("title");
    head.hidden = !model.get("title") && !tools.childElementCount;
  }

  function draw() {
    isAsked = false;
    if (isGone) return;
    const began = performance.now();
    const { w, h } = size();
    if (!w || !h) return;
    if (view.heightFor && Math.abs(h - view.heightFor(w)) > 1) {
      stage.style.height = `${view.heightFor(w)}px`;
      ask(); // drawn as soon as it has its height
      return;
    }
    const ratio = window.devicePixelRatio || 1;
    const [wide, high] = [Math.round(w * ratio), Math.round(h * ratio)];
    if (canvas.width !== wide || canvas.height !== high) [canvas.width, canvas.height] = [wide, high];
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, w, h);
    view.draw(ctx, { w, h, ratio }, palette());
    const words = model.get("notice");
    if (notice.textContent !== words) notice.textContent = words;
    notice.hidden = !words;
    foot.classList.toggle("is-bare", Boolean(words && view.isEmpty)); // nothing to save
    if (canvas.getAttribute("aria-label") !== model.get("label")) {
      canvas.setAttribute("aria-label", model.get("label"));
    }
    canvas.dataset.drawn = model.get("sequence");
    canvas.dataset.ms = (performance.now() - began).toFixed(2);
  }

  function ask() {
    if (isAsked || isGone) return;
    isAsked = true;
    requestAnimationFrame(draw);
  }

  function renew() {
    if (view.renew) view.renew();
    ask();
  }

  function restyle() {
    dress();
    renew();
  }

  function showTip(lines, x, y) {
    if (!lines || !lines.length) {
      tip.hidden = true;
      return;
    }
    tip.replaceChildren(...lines.map((line, i) => made(null, "div", i ? "" : "sb-strong", line)));
    tip.hidden = false;
    const { w, h } = size();
    const left = x + 14 + tip.offsetWidth > w ? x - tip.offsetWidth - 14 : x + 14;
    const above = y + 14 + tip.offsetHeight > h ? y - tip.offsetHeight - 10 : y + 14;
    tip.style.transform = `translate(${Math.max(2, left)}px, ${Math.max(2, above)}px)`;
  }

  function pointOf(event) {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  const heard = {
    pointermove(event) {
      const [x, y] = pointOf(event);
      if (dragFrom) {
        const moved = Math.hypot(x - dragFrom.x, y - dragFrom.y);
        if (dragFrom.hasMoved || moved > 4) {
          dragFrom.hasMoved = true;
          if (view.drag) view.drag(x - dragFrom.lastX, y - dragFrom.lastY, x, y);
          [dragFrom.lastX, dragFrom.lastY] = [x, y];
          showTip(view.tipsWhileDragging ? view.at(x, y) : null, x, y);
          ask();
          return;
        }
      }
      showTip(view.at(x, y), x, y);
      ask();
    },
    pointerdown(event) {
      if (event.button !== 0) return;
      const [x, y] = pointOf(event);
      dragFrom = { x, y, lastX: x, lastY: y, hasMoved: false };
      canvas.setPointerCapture(event.pointerId);
      if (view.down) view.down(x, y);
    },
    pointerup(event) {
      const [x, y] = pointOf(event);
      if (dragFrom && !dragFrom.hasMoved && view.press) view.press(x, y);
      dragFrom = null;
      ask();
    },
    pointercancel() {
      dragFrom = null;
    },
    pointerleave() {
      tip.hidden = true;
      if (view.leave) view.leave();
      ask();
    },
    blur() {
      tip.hidden = true;
      if (view.leave) view.leave();
      ask();
    },
    wheel(event) {
      const isMeant = event.ctrlKey || event.metaKey || document.activeElement === canvas;
      if (!view.wheel || !isMeant) return;
      event.preventDefault();
      view.wheel(event, ...pointOf(event));
      tip.hidden = true;
      ask();
    },
    keydown(event) {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const told = view.key(event, size());
      if (!told) return;
      event.preventDefault();
      ask();
      const { lines, x, y } = told;
      showTip(lines, x || 0, y || 0);
      live.textContent = lines && lines.length ? lines.join(", ") : "";
    },
  };
  for (const [name, listener] of Object.entries(heard)) {
    canvas.addEventListener(name, listener, { passive: false });
  }
  const resized = new ResizeObserver(ask);
  resized.observe(stage);
  model.on("change:sequence", renew);
  for (const name of ["theme", "height_px", "title"]) model.on(`change:${name}`, restyle);
  dress();

  function close() {
    isGone = true;
    resized.disconnect();
    model.off("change:sequence", renew);
    for (const name of ["theme", "height_px", "title"]) model.off(`change:${name}`, restyle);
    root.remove();
  }

  const frame = { root, canvas, tools, foot, legend, ask, close, palette, size };
  savable(frame, model, view);
  return frame;
}

/**
 * Keep a legend current. What is named by `key` is built anew only when the key changes; else the
 * words that were noted while it was built are read again.
 */
export function renewLegend(view, element, key, build) {
  if (view.legendKey !== key) {
    view.legendKey = key;
    view.legendNotes = [];
    element.replaceChildren();
    build((noted, words) => view.legendNotes.push([noted, words]));
  }
  for (const [noted, words] of view.legendNotes) {
    const now = words();
    if (noted.textContent !== now) noted.textContent = now;
  }
}

/** Add a small button to a frame's tools. */
export function tool(frame, words, name, act) {
  const button = made(frame.tools, "button", "sb-tool", words);
  button.type = "button";
  button.setAttribute("aria-label", name);
  button.title = name;
  button.addEventListener("click", act);
  return button;
}

/** Return the row at a height of so many rows with a pitch; -1 where there is none. */
export function rowAt(height, pitch, rows) {
  const row = Math.floor(height / pitch);
  return row >= 0 && row < rows ? row : -1;
}

/** Return the row that a key leads to from another, -1 for none; null for keys that lead nowhere. */
export function rowAfter(key, row, rows) {
  const ways = {
    ArrowDown: Math.min(rows - 1, row + 1),
    ArrowUp: Math.max(0, row - 1),
    Home: 0,
    End: rows - 1,
    Escape: -1,
  };
  return Object.hasOwn(ways, key) ? ways[key] : null;
}

/** Return the font of a canvas's words. */
export function font(px, weight = 400) {
  return `${weight} ${px}px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif`;
}

/** Cut words to a width, with an ellipsis. */
export function fitted(ctx, words, width) {
  if (ctx.measureText(words).width <= width) return words;
  let kept = words;
  while (kept.length > 1 && ctx.measureText(`${kept}…`).width > width) kept = kept.slice(0, -1);
  return `${kept}…`;
}
