"use strict";
// What helps to find one's way: borders of coarser units, pockets, rivers, roads and names. Never clickable.

(function (K) {
  const BORDERS = { kecamatan: { weight: 2.2, opacity: 0.85 }, kelurahan: { weight: 0.9, opacity: 0.55 } };
  const LINES = { river: { weight: 1.6, opacity: 0.9 }, road: { weight: 1.2, opacity: 0.75 } };
  // A name may be so much wider than its place; "RW 03" says little, so it waits for ample room.
  const ROOM = { kecamatan: 1.15, kelurahan: 1.15, rw: 0.45 };
  const OVERLAYS = ["pocket", "river", "road"];

  K.Scenery = class {
    constructor(map, model) {
      this.map = map;
      this.model = model;
      this.renderer = L.canvas({ pane: "lines", padding: 0.3 });
      this.borders = L.layerGroup().addTo(map);
      this.names = L.layerGroup().addTo(map);
      this.overlays = this.makeOverlays();
      for (const layer of this.overlays.values()) layer.addTo(map);
      map.on("zoomend", () => this.showNames());
    }

    style(color, look) {
      return { color, ...look, fill: false, interactive: false, pane: "lines", renderer: this.renderer };
    }

    makeOverlays() {
      const { backdrop, ink } = this.model.data;
      const overlays = new Map();
      const pockets = this.model.levels.get("pocket");
      if (pockets) overlays.set("pocket", L.layerGroup(pockets.shapes.flatMap((shape) => this.pocket(shape))));
      for (const kind of ["river", "road"]) {
        const lines = backdrop.filter((row) => row.kind === kind).flatMap((row) => row.lines);
        if (lines.length === 0) continue;
        overlays.set(kind, L.layerGroup([L.polyline(lines.map(K.decodeLine), this.style(ink[kind], LINES[kind]))]));
      }
      return new Map(OVERLAYS.filter((kind) => overlays.has(kind)).map((kind) => [kind, overlays.get(kind)]));
    }

    pocket(shape) {
      const { ink } = this.model.data;
      const points = K.decodeArea(shape);
      return [
        L.polygon(points, this.style(ink.casing, { weight: 5, opacity: 0.9 })),
        L.polygon(points, this.style(ink.pocket, { weight: 2.2, opacity: 1, dashArray: "7 4" })),
      ];
    }

    toggle(kind, on) {
      const layer = this.overlays.get(kind);
      if (on) layer.addTo(this.map);
      else layer.remove();
    }

    show() {
      this.borders.clearLayers();
      const { level, data } = this.model;
      for (const coarser of data.levels) {
        if (coarser.id === level.id) break;
        const look = BORDERS[coarser.id];
        if (!look) continue;
        const shapes = coarser.shapes.map(K.decodeArea);
        this.borders.addLayer(L.polygon(shapes, this.style(data.ink.parent_boundary, look)));
      }
      this.showNames();
    }

    // Names of the level itself, or of the kelurahan around RW and cells, wherever there is room.
    showNames() {
      this.names.clearLayers();
      const taken = [];
      for (const level of this.named()) {
        for (const [index, at] of level.names_at.entries()) this.nameAt(level, index, at, taken);
      }
    }

    named() {
      const { level, levels } = this.model;
      if (level.names_at.length && level.id !== "rw") return [level];
      const around = levels.get("kelurahan") || levels.get("kecamatan");
      return [around, level].filter(Boolean);
    }

    nameAt(level, index, at, taken) {
      const name = level.columns.name[index];
      const box = boxAround(this.map.project(at, this.map.getZoom()), name);
      if (taken.some((other) => overlap(box, other)) || !this.hasRoom(level, index, box)) return;
      taken.push(box);
      this.names.addLayer(nameMarker(at, name, level.id));
    }

    hasRoom(level, index, box) {
      this.extents = this.extents || new Map();
      const key = `${level.id} ${index}`;
      if (!this.extents.has(key)) this.extents.set(key, L.latLngBounds(K.decodeArea(level.shapes[index]).flat(2)));
      const bounds = this.extents.get(key);
      const zoom = this.map.getZoom();
      const width = this.map.project(bounds.getNorthEast(), zoom).x - this.map.project(bounds.getSouthWest(), zoom).x;
      return box.right - box.left < width * (ROOM[level.id] || 1);
    }
  };

  function boxAround(middle, name) {
    const half = name.length * 3.1 + 3;
    return { left: middle.x - half, right: middle.x + half, top: middle.y - 8, bottom: middle.y + 8 };
  }

  const overlap = (one, other) =>
    one.left < other.right && one.right > other.left && one.top < other.bottom && one.bottom > other.top;

  function nameMarker(at, name, level) {
    const html = K.element("span", { "aria-hidden": "true" }, name);
    const icon = L.divIcon({ className: `place-name ${level}`, html, iconSize: [0, 0] });
    return L.marker(at, { icon, interactive: false, keyboard: false, pane: "names" });
  }
})(window.Kantong);
