// A run on one page: a slider over its moments, the views of each, and the tables behind them.
import { said } from "./common.js";
import { StandIn } from "./stand_in.js";
import { CHART_TABLES } from "./report_charts.js";
import { TABLES, stemOf, tabulate } from "./report_tables.js";

const CAPTIONS = { field: "Agents", curve: "Approval", bars: "Tally", flows: "Who changed sides" };
const WORDS = { field: 3, curve: 1, bars: 1, flows: 3 };
const $ = (id) => document.getElementById(id);
const read = (id) => JSON.parse($(id).textContent);

async function unpackedScenes() {
  const text = atob($("scenes").textContent.trim());
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

async function main() {
  const { about, still } = read("views");
  const scenes = await unpackedScenes();
  const models = {};
  for (const [name, source] of Object.entries(read("sources"))) {
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const view = (await import(address)).default;
    models[name] = new StandIn({ ...still[name], theme: theme() });
    models[name].told = () => told(name);
    view.render({ model: models[name], el: $(name) });
  }
  const open = new Set();
  let [at, mode, timer] = [scenes.length - 1, about.modes[0], 0];

  function table(name) {
    const caption = CAPTIONS[name] || $(`h-${name}`).textContent;
    tabulate($(`${name}-table`), behind(name), caption, WORDS[name] || 1);
  }

  /** The numbers behind a view. */
  function behind(name) {
    return (TABLES[name] || CHART_TABLES[about.charts[name]])(models[name]);
  }

  /** What a view is called and its numbers, for who saves it. */
  function told(name) {
    const title = $(`h-${name}`).textContent;
    const when = `${about.unit} ${scenes[at].number}`;
    const stem = stemOf(about.name, title.split(/[,:] /)[0], when);
    const { columns, rows } = behind(name);
    return { stem, title, about: `run ${about.name}, ${when}`, label: models[name].get("label"), columns, rows };
  }

  function show() {
    const scene = scenes[at];
    for (const [name, model] of Object.entries(models)) {
      const update = name === "field" ? scene.field[mode] : scene[name];
      const { theme: _, ...still_ } = about.charts[name] ? still[name] : {};
      model.take({ ...still_, ...update, sequence: model.get("sequence") + 1 });
    }
    models.curve.set("cursor", at === scenes.length - 1 ? -1 : scene.number);
    if (open.has("curve")) mark();
    for (const name of open) if (name !== "curve") table(name);
    const time = scene.now_s === null ? "" : `, ${said(scene.now_s, 1)} s`;
    const unit = about.unit[0].toUpperCase() + about.unit.slice(1);
    $("said").textContent = `${unit} ${said(scene.number, 0)}${time}`;
    $("moment").value = at;
    $("moment").setAttribute("aria-valuetext", $("said").textContent);
    $("first").disabled = $("back").disabled = at <= 0;
    $("on").disabled = $("last").disabled = at >= scenes.length - 1;
    figures(scene);
    world(scene);
  }

  function mark() {
    const rows = $("curve-table").querySelectorAll("tbody tr");
    const number = said(scenes[at].number, 0);
    for (const row of rows) {
      if (row.cells[0].textContent === number) row.setAttribute("aria-current", "true");
      else row.removeAttribute("aria-current");
    }
  }

  function world(scene) {
    const rows = scene.series_names.map((name, i) => {
      const [title, unit] = about.called[name] || [name.replace(/_/g, " "), ""];
      return [title, scene.series[i] === null ? "-" : said(scene.series[i], 6), unit];
    }).filter(([title]) => title);
    for (const [name, many] of Object.entries(scene.counts)) {
      if (many) rows.push([`${name.replace(/_/g, " ")} so far`, said(many, 0), ""]);
    }
    tabulate($("world"), { columns: ["", "value", "unit"], rows, note: "" }, "As of this moment", 1, 2);
  }

  function go(to) {
    at = Math.max(0, Math.min(scenes.length - 1, to));
    show();
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    $("play").textContent = "Play";
  }

  function play() {
    if (at >= scenes.length - 1) go(0);
    $("play").textContent = "Pause";
    clearInterval(timer);
    timer = setInterval(() => (at >= scenes.length - 1 ? stop() : go(at + 1)), 1000 / Number($("speed").value));
  }

  const steps = {
    first: () => 0, back: () => at - 1, on: () => at + 1, last: () => scenes.length - 1,
  };
  for (const [id, to] of Object.entries(steps)) $(id).onclick = () => (stop(), go(to()));
  $("play").onclick = () => (timer ? stop() : play());
  $("speed").onchange = () => timer && play();
  $("moment").max = scenes.length - 1;
  $("moment").oninput = () => (stop(), go(Number($("moment").value)));
  for (const name of about.modes) $("mode").add(new Option(name.replace(/_/g, " "), name));
  $("mode").onchange = () => {
    mode = $("mode").value;
    show();
  };
  models.curve.on("change:cursor", () => {
    const wanted = models.curve.get("cursor");
    if (wanted < 0 || wanted === scenes[at].number) return;
    stop();
    const next = scenes.findIndex((scene) => scene.number >= wanted);
    go(next < 0 ? scenes.length - 1 : next);
  });
  for (const button of document.querySelectorAll("[data-table]")) {
    button.onclick = () => {
      const name = button.dataset.table;
      const isOpen = !open.delete(name);
      if (isOpen) {
        open.add(name);
        table(name);
        if (name === "curve") mark();
      }
      button.setAttribute("aria-pressed", String(isOpen));
      [$(name).hidden, $(`${name}-table`).hidden] = [isOpen, !isOpen];
    };
  }
  document.addEventListener("keydown", (event) => {
    const isElsewhere = event.target.closest("input, select, button, canvas, summary, [tabindex]");
    if (isElsewhere || event.altKey || event.ctrlKey || event.metaKey) return;
    const acts = { " ": $("play").onclick, ArrowLeft: $("back").onclick, ArrowRight: $("on").onclick,
      Home: $("first").onclick, End: $("last").onclick };
    if (!acts[event.key]) return;
    event.preventDefault();
    acts[event.key]();
  });
  watchTheme(Object.values(models));
  show();
  requestAnimationFrame(() => requestAnimationFrame(() => (document.body.dataset.ready = "yes")));
}

function figures({ figures: told }) {
  $("figures").replaceChildren(...told.map(([name, value, note, tone]) => {
    const item = document.createElement("div");
    const add = (tag, words, kind) => {
      const made = document.createElement(tag);
      [made.textContent, made.className] = [words, kind];
      item.append(made);
    };
    add("dt", name, "");
    add("dd", value, `value ${tone}`);
    add("dd", note, "faint small");
    return item;
  }));
}

const system = matchMedia("(prefers-color-scheme: dark)");

function theme() {
  const chosen = $("theme").value;
  return chosen === "auto" ? (system.matches ? "dark" : "light") : chosen;
}

function dress() {
  document.documentElement.dataset.theme = theme();
}

function watchTheme(models) {
  const follow = () => {
    dress();
    for (const model of models) model.set("theme", theme());
  };
  $("theme").onchange = follow;
  system.addEventListener("change", follow);
}

$("save").onclick = () => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([$("config").textContent], { type: "application/json" }));
  link.download = "run.json";
  link.click();
};
dress();
main().catch((error) => {
  $("problem").hidden = false;
  $("problem").textContent = `The views cannot be shown in this browser (${error.message}). A browser of 2023 or later can; what the run came to stands below.`;
});
