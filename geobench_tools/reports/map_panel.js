"use strict";
/* The panel of one clique: plan, distances and thumbnails. Data only ever becomes text nodes. */
const MapPanel = (() => {
  const { LETTERS, MICRO, EARTH_M, metres, niceLength } = MapView;
  const SVG = "http://www.w3.org/2000/svg";
  const WIDTH = 380;
  const HEIGHT = 280;

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const shape = (name, attributes, text) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const address = (views, i) => {
    const path = i < 0 ? null : views.image[i];
    if (!path || !views.base) return null;
    const encode = (part) => part.split("/").map(encodeURIComponent).join("/");
    return `${encode(views.base)}/${encode(path)}`;
  };
  const distance = (lat1, lon1, lat2, lon2) => {
    const rad = Math.PI / 180;
    const half = Math.sin(((lat2 - lat1) * rad) / 2) ** 2
      + Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * Math.sin(((lon2 - lon1) * rad) / 2) ** 2;
    return (EARTH_M / Math.PI) * Math.asin(Math.sqrt(Math.min(1, half)));
  };

  const create = (data) => {
    const { satellite, ground } = data;

    /* Metres east and north of the clique's first tile. */
    const plane = (clique) => {
      const first = clique.tiles.find((i) => i >= 0);
      const [lat0, lon0] = [satellite.lat[first] / MICRO, satellite.lon[first] / MICRO];
      const perDegree = EARTH_M / 360;
      const shrink = Math.cos((lat0 * Math.PI) / 180);
      return (lon, lat) => [(lon - lon0) * perDegree * shrink, (lat - lat0) * perDegree];
    };

    const plan = (clique, question) => {
      const [camera, answer] = question;
      const flat = plane(clique);
      const tiles = clique.tiles.map((i) => i < 0 ? null : {
        at: flat(satellite.lon[i] / MICRO, satellite.lat[i] / MICRO),
        rings: MapView.rings(satellite, i).map((ring) => ring.map(([x, y]) => flat(x, y))),
      });
      const eye = camera < 0 ? null : flat(ground.lon[camera] / MICRO, ground.lat[camera] / MICRO);
      const all = tiles.filter(Boolean).flatMap((tile) => [tile.at, ...tile.rings.flat()]);
      if (eye) all.push(eye);
      const bound = (axis, pick) => pick(...all.map((p) => p[axis]));
      const [west, east] = [bound(0, Math.min), bound(0, Math.max)];
      const [south, north] = [bound(1, Math.min), bound(1, Math.max)];
      const room = [(WIDTH - 50) / (east - west || 100), (HEIGHT - 84) / (north - south || 100)];
      const scale = Math.min(...room);
      const to = ([x, y]) => [
        WIDTH / 2 + (x - (west + east) / 2) * scale,
        HEIGHT / 2 - 2 - (y - (south + north) / 2) * scale,
      ];
      const svg = shape("svg", {
        class: "plan", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img",
        "aria-label": `Plan of the clique: ${tiles.length} candidates, the camera and distances.`,
      });
      tiles.forEach((tile, place) => {
        if (!tile) return;
        const right = place === answer ? " right" : "";
        const outline = tile.rings.map((ring) => `M${ring.map((p) => to(p).join(" ")).join("L")}Z`);
        if (outline.length) svg.append(shape("path", { class: `tile${right}`, d: outline.join("") }));
        else {
          const [x, y] = to(tile.at);
          svg.append(shape("circle", { class: `tile${right}`, cx: x, cy: y, r: 12 }));
        }
      });
      if (eye) rays(svg, tiles, eye, answer, to);
      tiles.forEach((tile, place) => {
        if (!tile) return;
        const corners = [tile.at, ...tile.rings.flat()].map(to);
        const x = Math.min(...corners.map((p) => p[0]), WIDTH - 74) + 1;
        const y = Math.min(...corners.map((p) => p[1])) - 4;
        const label = shape("text", { class: "letter", x, y }, LETTERS[place]);
        if (eye && place !== answer) {
          const far = metres(toTile(camera, clique.tiles[place]));
          label.append(shape("tspan", { class: "far", dx: 4 }, far));
        }
        svg.append(label);
      });
      if (eye) cameraMark(svg, to(eye), ground.heading_deg[camera]);
      const length = niceLength(110 / scale);
      const [x, y] = [12, HEIGHT - 12];
      svg.append(shape("path", { class: "scale", d: `M${x} ${y - 5}v5h${length * scale}v-5` }));
      svg.append(shape("text", { x: x + length * scale + 6, y }, metres(length)));
      svg.append(shape("text", { x: WIDTH - 12, y, "text-anchor": "end" }, "north is up"));
      return svg;
    };

    const rays = (svg, tiles, eye, answer, to) => {
      const [ex, ey] = to(eye);
      tiles.forEach((tile, place) => {
        if (!tile) return;
        const [x, y] = to(tile.at);
        const right = place === answer ? " right" : "";
        svg.append(shape("path", { class: `ray${right}`, d: `M${ex} ${ey}L${x} ${y}` }));
      });
    };

    const cameraMark = (svg, [x, y], heading) => {
      if (heading !== null) {
        const ray = (angle) => {
          const a = ((heading + angle) * Math.PI) / 180;
          return `${x + 26 * Math.sin(a)} ${y - 26 * Math.cos(a)}`;
        };
        svg.append(shape("path", {
          class: "view", d: `M${x} ${y}L${ray(-30)}A26 26 0 0 1 ${ray(30)}Z`,
        }));
      }
      svg.append(shape("circle", { class: "camera", cx: x, cy: y, r: 4.5 }));
    };

    const toTile = (camera, tile) => camera < 0 || tile < 0 ? null : distance(
      ground.lat[camera] / MICRO, ground.lon[camera] / MICRO,
      satellite.lat[tile] / MICRO, satellite.lon[tile] / MICRO,
    );

    const picture = (kind, source, label, caption) => {
      const figure = element("figure", { class: kind });
      if (source) {
        const image = element("img", { src: source, alt: label });
        image.addEventListener("error", () => image.remove());
        figure.append(image);
      }
      figure.append(element("figcaption", {}, ...caption));
      return figure;
    };
    const about = (views, i) => [views.provider[i], views.captured_at[i]]
      .filter((part) => part).join(", ");
    const identity = (views, i) =>
      element("span", { class: "id" }, i < 0 ? "not among the views" : views.id[i]);

    const pictures = (clique, [camera, answer]) => {
      const box = element("div");
      const caption = ["Camera: ", identity(ground, camera)];
      if (camera >= 0 && about(ground, camera)) caption.push(` (${about(ground, camera)})`);
      box.append(picture("ground", address(ground, camera), "Ground view", caption));
      const list = element("div", { class: "photos" });
      clique.tiles.forEach((tile, place) => {
        const right = place === answer;
        const name = `${LETTERS[place]}${right ? ", right" : ""}`;
        const words = [element("strong", {}, name), ` ${metres(toTile(camera, tile))}`];
        words.push(element("br"), identity(satellite, tile));
        if (tile >= 0 && about(satellite, tile)) {
          words.push(element("br"), element("span", { class: "muted" }, about(satellite, tile)));
        }
        const kind = right ? "photo right" : "photo";
        list.append(picture(kind, address(satellite, tile), `Candidate ${name}`, words));
      });
      box.append(list);
      return box;
    };

    return { element, plan, pictures, metres };
  };
  return { create };
})();
