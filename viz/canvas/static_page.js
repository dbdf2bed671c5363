// Stands in for the widget machinery on a page without a server: see static_page.py.
import { StandIn } from "./stand_in.js";

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const modules = {};
for (const [kind, source] of Object.entries(read("sources"))) {
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  modules[kind] = (await import(address)).default;
}
const panels = document.querySelectorAll("section");
globalThis.views = read("views").map(({ kind, state, told }, i) => {
  const model = new StandIn(state);
  model.told = () => told;
  const end = modules[kind].render({ model, el: panels[i] });
  return { kind, model, end, panel: panels[i] };
});
requestAnimationFrame(() => requestAnimationFrame(() => (document.body.dataset.ready = "yes")));
