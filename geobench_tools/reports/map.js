"use strict";
/* Wires the map, the panel, the controls and the keyboard together. */
(() => {
  const data = JSON.parse(document.getElementById("cliques").textContent);
  const byId = (id) => document.getElementById(id);
  const canvas = byId("map");
  const panel = MapPanel.create(data);
  const { element, metres } = panel;
  const state = { clique: -1, question: 0 };
  const LISTED = 100;

  const names = data.cliques.map((clique) => {
    const ids = clique.questions.map(([camera]) => camera < 0 ? "" : data.ground.id[camera]);
    const tiles = clique.tiles.map((tile) => tile < 0 ? "" : data.satellite.id[tile]);
    return [clique.id, clique.cell ?? "", ...ids, ...tiles].join("\n").toLowerCase();
  });

  const listCliques = () => {
    const body = byId("seen-rows");
    if (!byId("seen").open) return;
    const visible = map.visible();
    byId("seen-count").textContent = visible.length > LISTED
      ? `${LISTED} of ${visible.length.toLocaleString("en")} cliques in view`
      : `${visible.length} cliques in view`;
    body.replaceChildren(...visible.slice(0, LISTED).map((i) => {
      const clique = data.cliques[i];
      const choose = element("button", { type: "button" }, clique.id);
      choose.addEventListener("click", () => select(i));
      const cells = [element("th", { scope: "row" }, choose), element("td", {}, clique.split)];
      cells.push(element("td", { class: "n" }, String(clique.questions.length)));
      cells.push(element("td", { class: "n" }, metres(clique.apart[0])));
      cells.push(element("td", { class: "n" }, metres(clique.apart[1])));
      return element("tr", {}, ...cells);
    }));
  };
  let listing = 0;
  const onMove = () => {
    clearTimeout(listing);
    listing = setTimeout(listCliques, 150);
  };
  const map = MapView.create(canvas, data, (i) => select(i), onMove);

  const select = (i, question = 0) => {
    state.clique = i;
    state.question = question;
    map.select(i);
    const clique = data.cliques[i];
    const one = clique.questions[question];
    byId("none").hidden = true;
    byId("chosen").hidden = false;
    byId("clique-id").textContent = clique.id;
    byId("clique-split").textContent = clique.split;
    byId("clique-split").className = `badge ${clique.split}`;
    byId("clique-cell").textContent = clique.cell ?? "unknown";
    byId("clique-apart").textContent = `${metres(clique.apart[0])} to ${metres(clique.apart[1])}`;
    byId("question-nth").textContent = `Question ${question + 1} of ${clique.questions.length}`;
    byId("question-before").disabled = question === 0;
    byId("question-after").disabled = question === clique.questions.length - 1;
    byId("plan").replaceChildren(panel.plan(clique, one));
    byId("camera-far").textContent = metres(one[2]);
    byId("negative-far").textContent = metres(one[3]);
    byId("pictures").replaceChildren(panel.pictures(clique, one));
    byId("said").textContent = `Clique ${clique.id}, ${clique.split}, question ${question + 1} of `
      + `${clique.questions.length}: the right tile is ${metres(one[2])} away, `
      + `the nearest wrong one ${metres(one[3])}.`;
    try { history.replaceState(null, "", `#clique=${clique.id}`); } catch { /* not allowed here */ }
  };
  const turn = (by) => {
    if (state.clique < 0) return;
    const last = data.cliques[state.clique].questions.length - 1;
    const next = state.question + by;
    if (next >= 0 && next <= last) select(state.clique, next);
  };
  const step = (by) => {
    const n = data.cliques.length;
    for (let tries = 1; tries <= n; tries += 1) {
      const i = (((state.clique + by * tries) % n) + n) % n;
      if (map.isShown(i)) { select(i); return; }
    }
  };
  const search = () => {
    const text = byId("search").value.trim().toLowerCase();
    if (!text) return;
    const n = names.length;
    for (let tries = 1; tries <= n; tries += 1) {
      const i = (state.clique + tries + n) % n;
      if (map.isShown(i) && names[i].includes(text)) {
        select(i);
        map.fitClique(i);
        return;
      }
    }
    byId("said").textContent = `Nothing is named ${text}.`;
    byId("search").setCustomValidity("Nothing of this name among the cliques shown");
    byId("search").reportValidity();
  };

  const zoomTo = () => { if (state.clique >= 0) map.fitClique(state.clique); };
  const on = (id, action) => byId(id).addEventListener("click", action);
  on("zoom-in", () => map.zoom(1.8));
  on("zoom-out", () => map.zoom(1 / 1.8));
  on("zoom-all", () => map.fitAll());
  on("zoom-clique", zoomTo);
  on("question-before", () => turn(-1));
  on("question-after", () => turn(1));
  on("clique-before", () => step(-1));
  on("clique-after", () => step(1));
  byId("seen").addEventListener("toggle", listCliques);
  byId("search").addEventListener("input", (event) => event.target.setCustomValidity(""));
  byId("search-form").addEventListener("submit", (event) => { event.preventDefault(); search(); });
  for (const split of data.splits) {
    byId(`show-${split}`).addEventListener("change", (event) => {
      map.show(split, event.target.checked);
    });
  }
  const keys = {
    ArrowLeft: () => map.pan(-80, 0), ArrowRight: () => map.pan(80, 0),
    ArrowUp: () => map.pan(0, -80), ArrowDown: () => map.pan(0, 80),
    "+": () => map.zoom(1.6), "=": () => map.zoom(1.6), "-": () => map.zoom(1 / 1.6),
    0: () => map.fitAll(), n: () => step(1), p: () => step(-1), z: zoomTo,
    ".": () => turn(1), ",": () => turn(-1),
    Enter: () => { const i = map.nearestToCentre(); if (i >= 0) select(i); },
  };
  canvas.addEventListener("keydown", (event) => {
    const action = event.ctrlKey || event.metaKey || event.altKey ? null : keys[event.key];
    if (action) { event.preventDefault(); action(); }
  });
  canvas.addEventListener("dblclick", zoomTo);

  map.fitAll();
  const wanted = /^#clique=([0-9a-f]{16})$/.exec(location.hash);
  const linked = wanted ? data.cliques.findIndex((clique) => clique.id === wanted[1]) : -1;
  if (linked >= 0) { select(linked); map.fitClique(linked); }
  else if (data.cliques.length) select(0);
  if (data.cliques.length === 1) map.fitClique(0);
  map.paint();
})();
