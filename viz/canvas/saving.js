// Saves what a view shows as a picture, as a drawing and as data: see view.py.
import { VectorContext, whileTraced } from "./vector.js";

const EDGE_PX = 16;
const MOST_LABEL_LINES = 4;
const LINE_PX = 17;
const ANSWER_MS = 15_000;
const MOST_TRIES = 5;
const FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const KINDS = [
  ["png", "PNG", "Save as a PNG picture"],
  ["svg", "SVG", "Save as an SVG drawing"],
  ["csv", "CSV", "Save the numbers as CSV"],
];
let asks = 0;

/** Add the button below a view whose choices save it. */
export function savable(frame, model, view) {
  const add = (parent, tag, kind, words) => {
    const element = document.createElement(tag);
    [element.className, element.textContent] = [kind, words || ""];
    parent.appendChild(element);
    return element;
  };
  const box = add(frame.foot, "div", "sb-save");
  const said = add(box, "span", "sb-saved sb-faint");
  said.setAttribute("role", "status");
  const button = add(box, "button", "sb-tool", "Export");
  const menu = add(box, "div", "sb-choices");
  button.type = "button";
  menu.hidden = true;
  menu.setAttribute("role", "group");
  menu.setAttribute("aria-label", "Export this view");
  const show = (isOpen) => {
    menu.hidden = !isOpen;
    button.setAttribute("aria-expanded", String(isOpen));
  };
  show(false);
  button.onclick = () => {
    show(menu.hidden);
    if (!menu.hidden) menu.firstChild.focus();
  };
  box.addEventListener("focusout", (event) => {
    if (!box.contains(event.relatedTarget)) show(false);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || menu.hidden) return;
    event.stopPropagation();
    show(false);
    button.focus();
  });
  for (const [kind, words, name] of KINDS) {
    const choice = add(menu, "button", "sb-tool", words);
    choice.type = "button";
    choice.setAttribute("aria-label", name);
    choice.title = name;
    choice.onclick = async () => {
      show(false);
      button.focus();
      said.textContent = "…";
      try {
        said.textContent = `saved ${await saved(kind, frame, model, view)}`;
      } catch (error) {
        said.textContent = `not saved: ${error.message}`;
      }
    };
  }
}

async function saved(kind, frame, model, view) {
  const told = await currentlyTold(model);
  const file = `${told.stem}.${kind}`;
  download(file, await FORMS[kind](told, frame, model, view));
  return file;
}

const FORMS = {
  csv: (told) => new Blob([csvOf(told)], { type: "text/csv;charset=utf-8" }),

  svg(told, frame, model, view) {
    const ctx = new VectorContext();
    const sheet = sheetOf(told, frame);
    whileTraced(() => drawSheet(ctx, sheet, frame, model, view));
    frame.ask();
    const text = ctx.document(sheet, `${told.title}, ${told.about}`, told.label);
    return new Blob([text], { type: "image/svg+xml" });
  },

  png(told, frame, model, view) {
    const sheet = sheetOf(told, frame);
    const canvas = document.createElement("canvas");
    const ratio = window.devicePixelRatio || 1;
    [canvas.width, canvas.height] = [Math.round(sheet.w * ratio), Math.round(sheet.h * ratio)];
    const ctx = canvas.getContext("2d");
    ctx.scale(ratio, ratio);
    drawSheet(ctx, sheet, frame, model, view);
    frame.ask();
    return new Promise((done, fail) => {
      const take = (blob) => (blob ? done(blob) : fail(new Error("the picture is too large")));
      canvas.toBlob(take, "image/png");
    });
  },
};

/**
 * Return a table as CSV: a heading, then a line for each row; no value is an empty cell.
 *
 * Programs for tables take words that begin like a formula for one, and reckon it: an apostrophe
 * before them says that they are words. Numbers stay as they are.
 */
function csvOf({ columns, rows }) {
  const cell = (value) => {
    if (value === null || value === undefined) return "";
    const isFormula = /^[=+\-@\t\r]/.test(value) && Number.isNaN(Number(value));
    const text = isFormula ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return [columns, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/** Return what the view is called and its table, both of the moment that is drawn. */
async function currentlyTold(model) {
  let told;
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    told = await (model.told ? model.told() : answered(model));
    if (told.sequence === undefined || told.sequence === model.get("sequence")) break;
  }
  return told;
}

function answered(model) {
  const number = (asks += 1);
  return new Promise((done, fail) => {
    const timer = setTimeout(() => end(() => fail(new Error("no answer"))), ANSWER_MS);
    const hear = (message) => {
      if (message && message.kind === "told" && message.number === number) end(() => done(message));
    };
    function end(act) {
      clearTimeout(timer);
      model.off("msg:custom", hear);
      act();
    }
    model.on("msg:custom", hear);
    model.send({ kind: "tell", number });
  });
}

function download(file, blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Lay out a sheet: a title and the label's words above the view, its legend below. */
function sheetOf(told, frame) {
  const { w, h } = frame.size();
  const ctx = document.createElement("canvas").getContext("2d");
  const words = [{ text: told.title, font: `650 16px ${FAMILY}`, isStrong: true }];
  if (told.about) words.push({ text: told.about, font: `400 12px ${FAMILY}` });
  ctx.font = `400 12px ${FAMILY}`;
  for (const text of wrapped(ctx, told.label, w)) words.push({ text, font: ctx.font });
  const above = EDGE_PX + 8 + words.length * LINE_PX + 8;
  const below = frame.legend.childElementCount ? frame.legend.offsetHeight + 8 : 0;
  return { w: w + 2 * EDGE_PX, h: above + h + below + EDGE_PX, above, words, room: { w, h } };
}

function wrapped(ctx, text, width) {
  const lines = [];
  let line = "";
  for (const word of String(text).split(" ").filter(Boolean)) {
    if (line && ctx.measureText(`${line} ${word}`).width > width) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  if (line) lines.push(line);
  if (lines.length <= MOST_LABEL_LINES) return lines;
  return [...lines.slice(0, MOST_LABEL_LINES - 1), `${lines[MOST_LABEL_LINES - 1]} …`];
}

function drawSheet(ctx, sheet, frame, model, view) {
  const palette = frame.palette();
  const { w, h } = sheet.room;
  ctx.fillStyle = palette.paper;
  ctx.fillRect(0, 0, sheet.w, sheet.h);
  ctx.textBaseline = "alphabetic";
  ctx.textAlign = "left";
  sheet.words.forEach(({ text, font: own, isStrong }, line) => {
    ctx.font = own;
    ctx.fillStyle = isStrong ? palette.ink : palette.faint;
    ctx.fillText(text, EDGE_PX, EDGE_PX + 14 + line * LINE_PX);
  });
  ctx.save();
  ctx.translate(EDGE_PX, sheet.above);
  ctx.beginPath();
  ctx.rect(0, 0, w, h);
  ctx.clip();
  view.draw(ctx, { w, h, ratio: window.devicePixelRatio || 1 }, palette);
  ctx.restore();
  ctx.save();
  ctx.globalAlpha = 1;
  ctx.setLineDash([]);
  ctx.translate(EDGE_PX, sheet.above);
  if (model.get("notice")) drawNotice(ctx, model.get("notice"), { w, h }, palette);
  ctx.translate(0, h + 8);
  drawLegendOf(ctx, frame.legend);
  ctx.restore();
}

function drawNotice(ctx, text, { w, h }, palette) {
  ctx.font = `400 13px ${FAMILY}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  const lines = wrapped(ctx, text, w - 64);
  const wide = Math.max(...lines.map((line) => ctx.measureText(line).width)) + 32;
  const high = lines.length * 18 + 20;
  ctx.fillStyle = palette.panel;
  ctx.fillRect((w - wide) / 2, (h - high) / 2, wide, high);
  ctx.strokeStyle = palette.line;
  ctx.lineWidth = 1;
  ctx.strokeRect((w - wide) / 2, (h - high) / 2, wide, high);
  ctx.fillStyle = palette.ink;
  lines.forEach((line, at) => {
    ctx.fillText(line, w / 2, h / 2 + (at - (lines.length - 1) / 2) * 18);
  });
}

/** Draw a legend as it is laid out on the page: its marks, lines, scales and words. */
function drawLegendOf(ctx, legend) {
  const home = legend.getBoundingClientRect();
  const placed = (box) => [box.left - home.left, box.top - home.top, box.width, box.height];
  for (const element of legend.querySelectorAll("*")) {
    const box = placed(element.getBoundingClientRect());
    if (element.paint) element.paint(ctx, ...box);
    else drawBox(ctx, box, getComputedStyle(element));
  }
  const words = document.createTreeWalker(legend, NodeFilter.SHOW_TEXT);
  ctx.textAlign = "left";
  ctx.textBaseline = "alphabetic";
  while (words.nextNode()) {
    const node = words.currentNode;
    const range = document.createRange();
    range.selectNodeContents(node);
    const [x, y, w, h] = placed(range.getBoundingClientRect());
    const look = getComputedStyle(node.parentElement);
    if (!w || !node.data.trim()) continue;
    ctx.font = `${look.fontWeight} ${look.fontSize} ${FAMILY}`;
    ctx.fillStyle = look.color;
    const { fontBoundingBoxAscent: up, fontBoundingBoxDescent: down } = ctx.measureText(node.data);
    ctx.fillText(node.data, x, y + (h - up - down) / 2 + up);
  }
}

/** Draw the ground and the upper border of a box, which is all that legends have. */
function drawBox(ctx, [x, y, w, h], look) {
  const stops = look.backgroundImage.startsWith("linear-gradient")
    ? [...look.backgroundImage.matchAll(/rgb\((\d+), (\d+), (\d+)\)/g)].map((found) => found.slice(1).map(Number))
    : [];
  const steps = stops.length > 1 ? 48 : 0;
  for (let i = 0; i < steps; i++) {
    const at = (i / (steps - 1)) * (stops.length - 1);
    const first = Math.min(stops.length - 2, Math.floor(at));
    const mixed = stops[first].map((c, k) => Math.round(c + (stops[first + 1][k] - c) * (at - first)));
    ctx.fillStyle = `rgb(${mixed.join(", ")})`;
    ctx.fillRect(x + (i * w) / steps, y, w / steps + (i < steps - 1 ? 0.5 : 0), h);
  }
  if (!steps && look.backgroundColor !== "rgba(0, 0, 0, 0)") {
    ctx.fillStyle = look.backgroundColor;
    ctx.fillRect(x, y, w, h);
  }
  const wide = parseFloat(look.borderTopWidth);
  if (!wide || look.borderTopStyle === "none") return;
  ctx.strokeStyle = look.borderTopColor;
  ctx.lineWidth = wide;
  ctx.setLineDash({ dashed: [6, 3], dotted: [wide, wide] }[look.borderTopStyle] || []);
  ctx.beginPath();
  ctx.moveTo(x, y + wide / 2);
  ctx.lineTo(x + w, y + wide / 2);
  ctx.stroke();
  ctx.setLineDash([]);
}
