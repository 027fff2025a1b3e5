"use strict";
// The zones of a level on the map: shapes, colours, patterns, and which one is under the pointer.

(function (K) {
  const STEPS_PER_DEGREE = 100000;
  const CELL_OUTLINE = { color: "#ffffff", weight: 0.6, opacity: 0.8, smoothFactor: 0 };
  const UNIT_OUTLINE = { weight: 0.8, opacity: 0.6, smoothFactor: 0.5 };
  const COARSE_OUTLINE = { weight: 1.8, opacity: 0.85, smoothFactor: 0.5 };
  const COARSE = new Set(["kota", "kecamatan"]);
  const TILE = 10; // pixels of a pattern that repeats
  const MOST_MARGIN = 120; // pixels of a selected zone kept in view on each side of its middle
  const SMALLEST_OUTLINED = 9; // pixels; below this the outlines would cover the colours

  // Undo page_shapes.encoded: whole numbers of 1e-5°, each vertex as the step from the one before.
  K.decodeLine = function (steps) {
    const points = [];
    let x = 0;
    let y = 0;
    for (let at = 0; at < steps.length; at += 2) {
      x += steps[at];
      y += steps[at + 1];
      points.push([y / STEPS_PER_DEGREE, x / STEPS_PER_DEGREE]);
    }
    return points;
  };

  K.decodeArea = (shape) => shape.map((polygon) => polygon.map(K.decodeLine));

  // Dots for hidden and strokes for empty: told apart without colour.
  K.pattern = function (kind, ink) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = TILE;
    const pen = tile.getContext("2d");
    pen.fillStyle = kind === "hidden" ? ink.hidden : ink.empty;
    pen.fillRect(0, 0, TILE, TILE);
    if (kind === "hidden") {
      pen.fillStyle = ink.hidden_dot;
      for (const [x, y] of [[0.25 * TILE, 0.25 * TILE], [0.75 * TILE, 0.75 * TILE]]) {
        pen.beginPath();
        pen.arc(x, y, 0.8, 0, 2 * Math.PI);
        pen.fill();
      }
      return tile;
    }
    pen.strokeStyle = "#b3b3b3";
    pen.lineWidth = 0.8;
    pen.beginPath();
    for (const start of [-TILE, 0, TILE]) {
      pen.moveTo(start, TILE);
      pen.lineTo(start + TILE, 0);
    }
    pen.stroke();
    return tile;
  };

  // A class of places that may or may not be among the poorest: strokes in black with a white casing.
  K.hatched = function (colour) {
    const tile = document.createElement("canvas");
    tile.width = tile.height = TILE;
    const pen = tile.getContext("2d");
    pen.fillStyle = colour;
    pen.fillRect(0, 0, TILE, TILE);
    for (const [stroke, width] of [["#ffffff", 2.6], ["#1a1a1a", 0.9]]) {
      pen.strokeStyle = stroke;
      pen.lineWidth = width;
      pen.beginPath();
      for (const start of [-TILE, 0, TILE]) {
        pen.moveTo(start, 0);
        pen.lineTo(start + TILE, TILE);
      }
      pen.stroke();
    }
    return tile;
  };

  K.Zones = class {
    constructor(map, model) {
      this.map = map;
      this.model = model;
      this.renderer = L.canvas({ padding: 0.3 });
      this.drawn = new Map(); // level → layers, made when first shown
      const pen = document.createElement("canvas").getContext("2d");
      this.pen = pen;
      this.hatchings = new Map(); // colour → pattern
      this.fills = {
        hidden: pen.createPattern(K.pattern("hidden", model.data.ink), "repeat"),
        empty: pen.createPattern(K.pattern("empty", model.data.ink), "repeat"),
        unknown: pen.createPattern(K.pattern("unknown", model.data.ink), "repeat"),
      };
      this.marks = L.layerGroup().addTo(map);
      this.tip = L.tooltip({ className: "tip", offset: [14, 0], direction: "right" });
      map.on("zoomend", () => this.outline());
      map.on("mouseout", () => this.hover(null));
    }

    layers(level) {
      if (!this.drawn.has(level.id)) this.drawn.set(level.id, level.shapes.map((shape, at) => this.layer(shape, at, level)));
      return this.drawn.get(level.id);
    }

    layer(shape, index, level) {
      const layer = L.polygon(K.decodeArea(shape), { ...this.outlineOf(level), renderer: this.renderer });
      layer.on("mousemove", (event) => this.hover(index, event.latlng));
      layer.on("mouseout", () => this.hover(null));
      layer.on("click", (event) => {
        L.DomEvent.stop(event);
        this.model.set({ selected: index });
      });
      return layer;
    }

    outlineOf(level) {
      if (level.cells) return CELL_OUTLINE;
      return { ...(COARSE.has(level.id) ? COARSE_OUTLINE : UNIT_OUTLINE), color: this.model.data.ink.boundary };
    }

    show() {
      if (this.group) this.group.remove();
      this.group = L.layerGroup(this.layers(this.model.level));
      this.paint();
      this.group.addTo(this.map);
      this.outline();
    }

    paint() {
      this.layers(this.model.level).forEach((layer, index) => {
        layer.setStyle({ fillColor: this.fill(index), fillOpacity: 1 });
      });
    }

    fill(index) {
      if (!this.model.within(index)) return this.model.data.ink.neighbour;
      const style = this.model.classOf(index);
      if (style) return this.model.isUncertain(index) ? this.hatching(style.colour) : style.colour;
      return this.fills[this.model.ranking().byIndex[index].kind] || this.model.data.ink.empty;
    }

    hatching(colour) {
      if (!this.hatchings.has(colour)) this.hatchings.set(colour, this.pen.createPattern(K.hatched(colour), "repeat"));
      return this.hatchings.get(colour);
    }

    // Thousands of cells at low zoom are a picture of their outlines unless these are dropped.
    outline() {
      const layers = this.layers(this.model.level);
      if (layers.length === 0) return;
      const bounds = layers[Math.floor(layers.length / 2)].getBounds();
      const zoom = this.map.getZoom();
      const width = this.map.project(bounds.getNorthEast(), zoom).x - this.map.project(bounds.getSouthWest(), zoom).x;
      const stroke = !this.model.level.cells || width >= SMALLEST_OUTLINED;
      if (layers[0].options.stroke === stroke) return;
      for (const layer of layers) layer.setStyle({ stroke });
    }

    hover(index, at) {
      this.model.set({ hovered: index });
      if (index === null || !at) {
        this.tip.remove();
        return;
      }
      this.tip.setLatLng(at).setContent(this.tipText(index));
      if (!this.map.hasLayer(this.tip)) this.tip.addTo(this.map);
    }

    tipText(index) {
      const { model } = this;
      const row = model.ranking().byIndex[index];
      const figure = row.value === null ? K.say(row.kind) : `${K.label(model.measure.short)} ${K.figure(model.measure, row.value)}`;
      const place = row.rank ? `${figure} · ${K.say("rank", { rank: row.rank, of: model.ranking().ranked })}` : figure;
      return K.element("div", {}, K.element("strong", {}, model.name(index)), K.element("span", {}, place));
    }

    mark() {
      const { hovered, selected } = this.model.state;
      const { ink } = this.model.data;
      this.marks.clearLayers();
      for (const index of this.model.picked()) this.ring(index, ink.text, 5, ink.picked, 3, "7 4");
      if (hovered !== null && hovered !== selected) this.ring(hovered, ink.casing, 4, ink.text, 1.5);
      if (selected !== null) this.ring(selected, ink.casing, 7, ink.selected, 3.5);
    }

    ring(index, casing, wide, colour, narrow, dashArray = null) {
      const shape = this.layers(this.model.level)[index].getLatLngs();
      for (const [color, weight, dashes] of [[casing, wide, null], [colour, narrow, dashArray]]) {
        const style = { fill: false, interactive: false, color, weight, dashArray: dashes };
        this.marks.addLayer(L.polygon(shape, { pane: "marks", renderer: this.markRenderer(), ...style }));
      }
    }

    markRenderer() {
      this.ringRenderer = this.ringRenderer || L.canvas({ pane: "marks", padding: 0.3 });
      return this.ringRenderer;
    }

    // Show one kecamatan, or the whole place again.
    frame(district, profileSpace) {
      const { levels, data } = this.model;
      const at = data.districts.findIndex(({ code }) => code === district);
      this.home = this.home || this.map.getBounds();
      const districts = levels.get("kecamatan");
      const bounds = at < 0 ? this.home : L.latLngBounds(K.decodeArea(districts.shapes[at]).flat(2));
      this.map.fitBounds(bounds, { paddingBottomRight: at < 0 ? [0, 0] : profileSpace, animate: false });
    }

    // Bring the selected place into view, clear of the profile beside it and of the legend.
    reveal(profileSpace, legend) {
      const { selected } = this.model.state;
      if (selected === null) return;
      const bounds = this.layers(this.model.level)[selected].getBounds();
      const corner = this.map.latLngToContainerPoint(bounds.getNorthWest());
      const size = this.map.latLngToContainerPoint(bounds.getSouthEast()).subtract(corner);
      const margin = L.point(Math.min(size.x / 2, MOST_MARGIN) + 20, Math.min(size.y / 2, MOST_MARGIN) + 20);
      const middle = this.map.latLngToContainerPoint(bounds.getCenter());
      const most = this.map.getSize().subtract(profileSpace).subtract(margin);
      const behind = middle.x < legend.right + margin.x && middle.y > legend.top - margin.y;
      const left = behind ? Math.min(legend.right + margin.x, most.x) : margin.x;
      const wanted = L.point(within(middle.x, left, most.x), within(middle.y, margin.y, most.y));
      const animate = !window.matchMedia("(prefers-reduced-motion: reduce)").matches;
      this.map.panBy(middle.subtract(wanted), { animate });
    }
  };

  const within = (value, least, most) => Math.max(Math.min(value, most), least);
})(window.Kantong);
