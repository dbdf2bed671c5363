// Stands in for a widget's model on a page without a server.

/** A widget's model whose changes go nowhere. */
export class StandIn {
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
