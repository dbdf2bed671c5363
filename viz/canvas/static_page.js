// Stands in for the widget machinery on a page without a server: see static_page.py.

/** A widget's model whose changes go nowhere. */
class StandIn {
  constructor(state) {
    this.state = {};
    this.listeners = new Map();
    this.sent = [];
    for (const [name, value] of Object.entries(state)) this.state[name] = decoded(value);
  }

  get(name) {
    return this.state[name];
  }

  set(name, value) {
    this.state[name] = value;
    for (const listener of this.listeners.get(`change:${name}`) || []) listener();
  }

  /** Take an update whole before anybody hears of it, as widgets do. */
  take(update) {
    for (const [name, value] of Object.entries(update)) this.state[name] = decoded(value);
    for (const name of Object.keys(update)) this.set(name, this.state[name]);
  }

  save_changes() {}

  send(content) {
    this.sent.push(content);
  }

  on(event, listener) {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event).add(listener);
  }

  off(event, listener) {
    const heard = this.listeners.get(event);
    if (heard) heard.delete(listener);
  }
}

function decoded(value) {
  if (value === null || typeof value !== "object" || !("bytes" in value)) return value;
  const text = atob(value.bytes);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new DataView(bytes.buffer);
}

const read = (id) => JSON.parse(document.getElementById(id).textContent);
const modules = {};
for (const [kind, source] of Object.entries(read("sources"))) {
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  modules[kind] = (await import(address)).default;
}
const panels = document.querySelectorAll("section");
globalThis.views = read("views").map(({ kind, state }, i) => {
  const model = new StandIn(state);
  const end = modules[kind].render({ model, el: panels[i] });
  return { kind, model, end, panel: panels[i] };
});
requestAnimationFrame(() => requestAnimationFrame(() => (document.body.dataset.ready = "yes")));
