/* Key figures that change with every moment: texts are replaced in place, nothing is built anew. */
function render({ model, el }) {
  const list = document.createElement("dl");
  list.className = "db-figures";
  list.setAttribute("aria-label", model.get("label"));
  el.appendChild(list);
  const shown = new Map();
  let due = 0;
  function make(name) {
    const item = document.createElement("div");
    const term = document.createElement("dt");
    const value = document.createElement("dd");
    const note = document.createElement("dd");
    term.textContent = name;
    value.className = "db-value";
    note.className = "db-muted db-small";
    item.append(term, value, note);
    list.appendChild(item);
    return { item, value, note };
  }
  function draw() {
    due = 0;
    const figures = model.get("figures");
    const names = new Set(figures.map(([name]) => name));
    for (const [name, part] of shown) {
      if (!names.has(name)) { part.item.remove(); shown.delete(name); }
    }
    for (const [name, value, note, tone] of figures) {
      if (!shown.has(name)) shown.set(name, make(name));
      const part = shown.get(name);
      if (part.value.textContent !== value) part.value.textContent = value;
      if (part.note.textContent !== note) part.note.textContent = note;
      const tones = "db-value" + (tone ? " " + tone : "");
      if (part.value.className !== tones) part.value.className = tones;
    }
  }
  const ask = () => { if (!due) due = requestAnimationFrame(draw); };
  model.on("change:figures", ask);
  draw();
  return () => { model.off("change:figures", ask); cancelAnimationFrame(due); };
}
export default { render };
