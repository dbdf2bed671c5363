/* Play, pause, step and scrub over the moments of a run that has ended. */
function render({ model, el }) {
  const box = document.createElement("div");
  box.className = "db-replay";
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "Replay");
  const button = (label, text) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "db-button is-small";
    made.setAttribute("aria-label", label);
    made.textContent = text;
    box.appendChild(made);
    return made;
  };
  const first = button("First moment", "|◀");
  const back = button("One back", "◀");
  const play = button("Play", "Play");
  play.style.minWidth = "72px";
  const on = button("One on", "▶");
  const last = button("Last moment", "▶|");
  const slider = document.createElement("input");
  slider.type = "range";
  slider.min = "0";
  slider.setAttribute("aria-label", "Moment");
  const told = document.createElement("output");
  const label = document.createElement("label");
  label.className = "db-small db-row";
  label.textContent = "Speed";
  const speed = document.createElement("select");
  for (const each of [1, 2, 5, 10, 20]) speed.add(new Option(`${each} a second`, each, each === 5, each === 5));
  label.appendChild(speed);
  box.append(slider, told, label);
  el.appendChild(box);
  let timer = 0, sent = 0, wanted = model.get("position");

  function send() {
    sent = 0;
    if (model.get("position") === wanted) return;
    model.set("position", wanted);
    model.save_changes();
  }
  function go(position) {
    wanted = Math.max(0, Math.min(model.get("count") - 1, position));
    show();
    if (!sent) sent = setTimeout(send, 60);
  }
  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "Play";
    play.setAttribute("aria-label", "Play");
  }
  function start() {
    if (wanted >= model.get("count") - 1) go(0);
    play.textContent = "Pause";
    play.setAttribute("aria-label", "Pause");
    clearInterval(timer);
    timer = setInterval(() => {
      if (wanted >= model.get("count") - 1) stop();
      else go(wanted + 1);
    }, 1000 / Number(speed.value));
  }
  function show() {
    slider.max = String(Math.max(0, model.get("count") - 1));
    slider.value = String(wanted);
    const said = model.get("said");
    told.textContent = `${model.get("unit")} ${said}`;
    slider.setAttribute("aria-valuetext", told.textContent);
    back.disabled = first.disabled = wanted <= 0;
    on.disabled = last.disabled = wanted >= model.get("count") - 1;
  }
  function heard() {
    if (!sent) wanted = model.get("position");
    show();
  }
  first.onclick = () => { stop(); go(0); };
  back.onclick = () => { stop(); go(wanted - 1); };
  on.onclick = () => { stop(); go(wanted + 1); };
  last.onclick = () => { stop(); go(model.get("count") - 1); };
  play.onclick = () => (timer ? stop() : start());
  speed.onchange = () => { if (timer) start(); };
  slider.oninput = () => { stop(); go(Number(slider.value)); };
  for (const name of ["position", "count", "said", "unit"]) model.on(`change:${name}`, heard);
  show();
  return () => {
    stop();
    clearTimeout(sent);
    for (const name of ["position", "count", "said", "unit"]) model.off(`change:${name}`, heard);
  };
}
export default { render };
