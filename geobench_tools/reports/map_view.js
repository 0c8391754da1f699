"use strict";
/* The canvas: projection, panning and zooming, points, footprints, graticule, labels. */
const MapView = (() => {
  const MICRO = 1e6;
  const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const FONT = "12px system-ui, sans-serif";
  const MAX_LAT = 89.9;
  const EARTH_M = 40030228.9;
  const STEPS = [30, 20, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001,
    0.0005, 0.0002, 0.0001];
  const rad = Math.PI / 180;

  /* Web Mercator; the world is 1 wide, y grows to the south. */
  const toX = (lon) => lon / 360 + 0.5;
  const toY = (lat) => {
    const phi = Math.max(-MAX_LAT, Math.min(MAX_LAT, lat)) * rad;
    return 0.5 - Math.asinh(Math.tan(phi)) / (2 * Math.PI);
  };
  const toLat = (y) => Math.atan(Math.sinh((0.5 - y) * 2 * Math.PI)) / rad;
  const toLon = (x) => (x - 0.5) * 360;

  const metres = (m) => {
    if (m === null || m === undefined) return "unknown";
    if (m < 10) return `${m.toFixed(1)} m`;
    if (m < 10000) return `${Math.round(m).toLocaleString("en")} m`;
    return `${(m / 1000).toLocaleString("en", { maximumFractionDigits: m < 1e5 ? 1 : 0 })} km`;
  };
  const degrees = (value, step, positive, negative) => {
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const text = Math.abs(value).toFixed(digits);
    return `${text}°${value > 0 ? positive : value < 0 ? negative : ""}`;
  };
  const wrapped = (lon) => ((((lon + 180) % 360) + 360) % 360) - 180;
  const niceLength = (most) => {
    const power = 10 ** Math.floor(Math.log10(most));
    return [5, 2, 1].map((m) => m * power).find((m) => m <= most) ?? power;
  };

  /* Corners of a footprint in degrees, as closed rings. */
  const rings = (tiles, i) => {
    const lat = tiles.lat[i] / MICRO;
    const lon = tiles.lon[i] / MICRO;
    const shape = tiles.shape[i];
    if (!shape) return [];
    const at = ([dx, dy]) => [lon + dx / MICRO, lat + dy / MICRO];
    if (typeof shape[0] === "number") {
      const [w, s, e, n] = shape;
      return [[[w, s], [e, s], [e, n], [w, n], [w, s]].map(at)];
    }
    return shape.map((ring) => ring.map(at));
  };

  const create = (canvas, data, onPick, onMove) => {
    const context = canvas.getContext("2d");
    const shown = new Set(data.splits);
    const state = { x: 0.5, y: 0.5, scale: 256, width: 1, height: 1, selected: -1 };
    let colours = {};
    let queued = false;

    const centres = data.cliques.map((clique) => {
      const known = clique.tiles.filter((i) => i >= 0);
      const mean = (values) => known.reduce((sum, i) => sum + values[i], 0) / known.length / MICRO;
      const at = known.length ? [mean(data.satellite.lon), mean(data.satellite.lat)] : [0, 0];
      return [toX(at[0]), toY(at[1])];
    });

    const readColours = () => {
      const style = getComputedStyle(document.documentElement);
      const names = ["ink", "muted", "line", "panel", "sea", "train", "val", "test", "right"];
      colours = Object.fromEntries(names.map((n) => [n, style.getPropertyValue(`--${n}`).trim()]));
    };
    const px = (x) => (x - state.x) * state.scale + state.width / 2;
    const py = (y) => (y - state.y) * state.scale + state.height / 2;
    const metresPerPixel = () =>
      (EARTH_M * Math.cos(toLat(state.y) * rad)) / state.scale;

    const draw = () => {
      if (!queued) {
        queued = true;
        requestAnimationFrame(() => { queued = false; paint(); onMove(); });
      }
    };

    const paint = () => {
      const ratio = window.devicePixelRatio || 1;
      state.width = canvas.clientWidth;
      state.height = canvas.clientHeight;
      const [w, h] = [Math.round(state.width * ratio), Math.round(state.height * ratio)];
      if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, state.width, state.height);
      context.font = FONT;
      context.lineJoin = "round";
      graticule();
      const detailed = 40 / metresPerPixel() > 3;
      const visible = inView(60);
      if (detailed) visible.forEach(footprints);
      visible.forEach((i) => { if (i !== state.selected) point(i, detailed); });
      if (state.selected >= 0) {
        if (detailed) footprints(state.selected);
        point(state.selected, detailed);
      }
      if (!detailed) placeLabels();
      scaleBar();
    };

    const graticule = () => {
      const span = (360 * 110) / state.scale;
      const step = STEPS.filter((s) => s >= span).pop() ?? (span > 90 ? 90 : STEPS[0]);
      const west = toLon(state.x - state.width / 2 / state.scale);
      const east = toLon(state.x + state.width / 2 / state.scale);
      const north = toLat(state.y - state.height / 2 / state.scale);
      const south = toLat(state.y + state.height / 2 / state.scale);
      context.strokeStyle = colours.line;
      context.fillStyle = colours.muted;
      context.lineWidth = 1;
      context.beginPath();
      for (let n = Math.ceil(west / step); n * step <= east; n += 1) {
        const x = Math.round(px(toX(n * step))) + 0.5;
        context.moveTo(x, 0);
        context.lineTo(x, state.height);
      }
      for (let n = Math.ceil(south / step); n * step <= north; n += 1) {
        if (Math.abs(n * step) >= 90) continue;
        const y = Math.round(py(toY(n * step))) + 0.5;
        context.moveTo(0, y);
        context.lineTo(state.width, y);
      }
      context.stroke();
      context.textAlign = "left";
      for (let n = Math.ceil(west / step); n * step <= east; n += 1) {
        context.fillText(degrees(wrapped(n * step), step, "E", "W"), px(toX(n * step)) + 3, 13);
      }
      for (let n = Math.ceil(south / step); n * step <= north; n += 1) {
        const y = py(toY(n * step));
        if (Math.abs(n * step) >= 90 || y < 28 || y > state.height - 34) continue;
        context.fillText(degrees(n * step, step, "N", "S"), 4, y - 3);
      }
    };

    const placeLabels = () => {
      const taken = [];
      context.textAlign = "center";
      context.lineWidth = 3;
      context.strokeStyle = colours.sea;
      for (const [name, lat, lon] of data.places) {
        const x = px(toX(lon / MICRO));
        const y = py(toY(lat / MICRO)) - 14;
        const half = Math.min(context.measureText(name).width, 220) / 2 + 4;
        const box = [x - half, y - 13, x + half, y + 5];
        if (box[2] < 0 || box[0] > state.width || box[3] < 0 || box[1] > state.height) continue;
        const free = taken.every((t) =>
          t[2] < box[0] || t[0] > box[2] || t[3] < box[1] || t[1] > box[3]);
        if (!free) continue;
        taken.push(box);
        context.fillStyle = colours.ink;
        context.strokeText(name, x, y, 220);
        context.fillText(name, x, y, 220);
        if (taken.length > 120) break;
      }
    };

    const inView = (margin) => {
      const found = [];
      data.cliques.forEach((clique, i) => {
        if (!shown.has(clique.split)) return;
        const x = px(centres[i][0]);
        const y = py(centres[i][1]);
        if (x > -margin && x < state.width + margin && y > -margin && y < state.height + margin) {
          found.push(i);
        }
      });
      return found;
    };

    /* Splits differ by shape as well as colour. */
    const marker = (split, x, y, r) => {
      context.beginPath();
      if (split === "train") context.arc(x, y, r, 0, 7);
      else if (split === "val") {
        context.moveTo(x, y - 1.3 * r);
        context.lineTo(x + 1.2 * r, y + r);
        context.lineTo(x - 1.2 * r, y + r);
        context.closePath();
      } else context.rect(x - r, y - r, 2 * r, 2 * r);
    };

    const point = (i, detailed) => {
      if (detailed) return;
      const [x, y] = [px(centres[i][0]), py(centres[i][1])];
      const split = data.cliques[i].split;
      const selected = i === state.selected;
      marker(split, x, y, selected ? 5.5 : 4);
      context.globalAlpha = selected ? 1 : 0.72;
      context.fillStyle = colours[split];
      context.fill();
      context.globalAlpha = 1;
      context.strokeStyle = colours.panel;
      context.lineWidth = 0.8;
      context.stroke();
      if (selected) {
        context.beginPath();
        context.arc(x, y, 11, 0, 7);
        context.strokeStyle = colours.ink;
        context.lineWidth = 2;
        context.stroke();
      }
    };

    const footprints = (i) => {
      const clique = data.cliques[i];
      const selected = i === state.selected;
      context.strokeStyle = colours[clique.split];
      context.lineWidth = selected ? 2 : 1;
      clique.tiles.forEach((tile, place) => {
        if (tile < 0) return;
        context.beginPath();
        let [left, top] = [px(toX(data.satellite.lon[tile] / MICRO)),
          py(toY(data.satellite.lat[tile] / MICRO))];
        for (const ring of rings(data.satellite, tile)) {
          ring.forEach(([lon, lat], n) => {
            const [x, y] = [px(toX(lon)), py(toY(lat))];
            [left, top] = [Math.min(left, x), Math.min(top, y)];
            if (n) context.lineTo(x, y); else context.moveTo(x, y);
          });
        }
        context.globalAlpha = selected ? 0.18 : 0.08;
        context.fillStyle = colours[clique.split];
        context.fill();
        context.globalAlpha = selected ? 1 : 0.75;
        context.stroke();
        context.globalAlpha = 1;
        if (!selected) return;
        context.font = "bold 14px system-ui, sans-serif";
        context.textAlign = "left";
        context.fillStyle = colours.ink;
        context.fillText(LETTERS[place], left + 1, top - 4);
        context.font = FONT;
      });
      for (const [ground] of clique.questions) {
        if (ground < 0) continue;
        const x = px(toX(data.ground.lon[ground] / MICRO));
        const y = py(toY(data.ground.lat[ground] / MICRO));
        context.beginPath();
        context.arc(x, y, selected ? 3.2 : 2, 0, 7);
        context.fillStyle = colours.ink;
        context.fill();
      }
    };

    const scaleBar = () => {
      const perPixel = metresPerPixel();
      const length = niceLength(130 * perPixel);
      const width = length / perPixel;
      const [x, y] = [14, state.height - 14];
      context.strokeStyle = colours.ink;
      context.fillStyle = colours.ink;
      context.lineWidth = 1.5;
      context.beginPath();
      context.moveTo(x, y - 5);
      context.lineTo(x, y);
      context.lineTo(x + width, y);
      context.lineTo(x + width, y - 5);
      context.stroke();
      context.textAlign = "left";
      context.fillText(metres(length), x + width + 6, y);
    };

    const limit = () => {
      state.scale = Math.max(180, Math.min(5e8, state.scale));
      state.y = Math.max(-0.7, Math.min(1.7, state.y));
    };
    const zoomAt = (factor, x, y) => {
      const before = state.scale;
      state.scale *= factor;
      limit();
      const change = 1 / before - 1 / state.scale;
      state.x += (x - state.width / 2) * change;
      state.y += (y - state.height / 2) * change;
      draw();
    };
    const fit = (points, padding) => {
      state.width = canvas.clientWidth || 1;
      state.height = canvas.clientHeight || 1;
      if (points.length) {
        let [west, east, north, south] = [Infinity, -Infinity, Infinity, -Infinity];
        for (const [x, y] of points) {
          west = Math.min(west, x); east = Math.max(east, x);
          north = Math.min(north, y); south = Math.max(south, y);
        }
        state.x = (west + east) / 2;
        state.y = (north + south) / 2;
        const room = [(state.width - padding) / (east - west || 1e-9),
          (state.height - padding) / (south - north || 1e-9)];
        state.scale = Math.min(...room, 2e7);
        limit();
      }
      draw();
    };
    const cliquePoints = (i) => {
      const points = [];
      for (const tile of data.cliques[i].tiles) {
        if (tile < 0) continue;
        const at = [data.satellite.lon[tile] / MICRO, data.satellite.lat[tile] / MICRO];
        for (const [lon, lat] of [at, ...rings(data.satellite, tile).flat()]) {
          points.push([toX(lon), toY(lat)]);
        }
      }
      return points;
    };
    const nearest = (x, y, within) => {
      let [best, least] = [-1, within * within];
      for (const i of inView(within)) {
        const dx = px(centres[i][0]) - x;
        const dy = py(centres[i][1]) - y;
        const square = dx * dx + dy * dy;
        if (square < least) [best, least] = [i, square];
      }
      return best;
    };

    const pointers = new Map();
    let moved = false;
    const local = (event) => {
      const box = canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, local(event));
      moved = pointers.size > 1;
      canvas.classList.add("dragging");
    });
    canvas.addEventListener("pointermove", (event) => {
      const last = pointers.get(event.pointerId);
      if (!last) return;
      const now = local(event);
      const others = [...pointers.entries()].filter(([id]) => id !== event.pointerId);
      if (others.length) {
        const [ox, oy] = others[0][1];
        const spread = (p) => Math.hypot(p[0] - ox, p[1] - oy) || 1;
        zoomAt(spread(now) / spread(last), (now[0] + ox) / 2, (now[1] + oy) / 2);
        moved = true;
      } else {
        if (Math.hypot(now[0] - last[0], now[1] - last[1]) < 3 && !moved) return;
        moved = true;
        state.x -= (now[0] - last[0]) / state.scale;
        state.y -= (now[1] - last[1]) / state.scale;
        limit();
        draw();
      }
      pointers.set(event.pointerId, now);
    });
    const release = (event) => {
      if (!pointers.delete(event.pointerId)) return;
      if (!pointers.size) canvas.classList.remove("dragging");
      if (event.type === "pointerup" && !moved) {
        const found = nearest(...local(event), 16);
        if (found >= 0) onPick(found);
      }
    };
    canvas.addEventListener("pointerup", release);
    canvas.addEventListener("pointercancel", release);
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode === 1 ? 20 : 1);
      zoomAt(Math.exp(-Math.max(-200, Math.min(200, pixels)) / 240), ...local(event));
    }, { passive: false });
    new ResizeObserver(() => { paint(); onMove(); }).observe(canvas);
    document.addEventListener("themechange", () => { readColours(); draw(); });
    readColours();

    return {
      paint,
      fitAll: () => fit(centres.filter((_, i) => shown.has(data.cliques[i].split)), 90),
      fitClique: (i) => fit(cliquePoints(i), 120),
      zoom: (factor) => zoomAt(factor, state.width / 2, state.height / 2),
      pan: (dx, dy) => {
        state.x += dx / state.scale;
        state.y += dy / state.scale;
        limit();
        draw();
      },
      select: (i) => { state.selected = i; draw(); },
      show: (split, on) => { if (on) shown.add(split); else shown.delete(split); draw(); },
      isShown: (i) => shown.has(data.cliques[i].split),
      visible: () => inView(0),
      nearestToCentre: () => nearest(state.width / 2, state.height / 2, 1e5),
    };
  };
  return { create, rings, metres, niceLength, LETTERS, MICRO, EARTH_M };
})();
