"use strict";
// The key: classes worst first, what is hidden or empty, and the lines that can be switched.

(function (K) {
  const WORDS = { hidden: "hidden_key", possible: "possible_key" };

  K.Legend = class {
    constructor(model, scenery) {
      this.model = model;
      this.scenery = scenery;
      this.off = new Set();
    }

    show() {
      const { model } = this;
      K.byId("legend-title").textContent = K.label(model.measure.label);
      const unit = K.label(model.measure.unit);
      const from = model.measure.source && K.say("layer_source", { source: model.measure.source, date: K.date(model.measure.date) });
      const under = [unit, from].filter(Boolean).join(" · ");
      K.byId("legend-body").replaceChildren(
        ...(under ? [K.element("p", { class: "unit" }, under)] : []),
        K.element("ul", {}, ...this.classes(), ...this.withoutFigure()),
        K.element("div", { class: "overlays" }, ...this.switches()),
      );
    }

    classes() {
      const { measure, data } = this.model;
      return this.model.figures().classes[measure.id].map(([style, lower, upper]) => {
        const swatch = K.element("span", { class: "swatch", "aria-hidden": "true" });
        swatch.style.backgroundColor = data.styles[style].colour;
        const ends = [lower, upper].map((value) => K.figure(measure, value));
        const range = ends[0] === ends[1] ? ends[0] : ends.join(" – ");
        const share = K.element("small", {}, K.label(data.styles[style].label));
        return K.element("li", {}, swatch, K.element("span", {}, range), share);
      });
    }

    withoutFigure() {
      const { rows } = this.model.ranking();
      const present = new Set(rows.map((row) => row.kind));
      if (rows.some((row) => this.model.isUncertain(row.index))) present.add("possible");
      if (this.model.picked().length > 0) present.add("picked");
      return ["possible", ...K.ABSENCES, "picked"].filter((kind) => present.has(kind)).map((kind) => {
        const words = K.element("span", { class: "words" }, K.say(WORDS[kind] || kind, { listed: K.number(this.model.level.listed) }));
        return K.element("li", {}, K.element("span", { class: `swatch ${kind}`, "aria-hidden": "true" }), words);
      });
    }

    switches() {
      return [...this.scenery.overlays.keys()].map((kind) => {
        const id = `overlay-${kind}`;
        const input = K.element("input", { type: "checkbox", id, checked: !this.off.has(kind) });
        input.addEventListener("change", () => {
          if (input.checked) this.off.delete(kind);
          else this.off.add(kind);
          this.scenery.toggle(kind, input.checked);
        });
        const sample = K.element("span", { class: `line ${kind}`, "aria-hidden": "true" });
        return K.element("label", { for: id }, input, sample, K.say(`overlay_${kind}`));
      });
    }
  };
})(window.Kantong);
