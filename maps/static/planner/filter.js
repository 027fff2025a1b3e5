"use strict";
// Only the places whose value of one measure is high or low enough, such as cells that a flood reaches.

(function (K) {
  K.Filter = class {
    constructor(model) {
      this.model = model;
      this.measure = K.byId("filter-measure");
      this.bound = K.byId("filter-bound");
      this.value = K.byId("filter-value");
      for (const control of [this.measure, this.bound, this.value]) control.addEventListener("input", () => this.choose());
      K.byId("filter").open = model.state.filter !== null;
    }

    get chosen() {
      return this.model.measures.get(this.measure.value);
    }

    // People write per cent where the figures are shares.
    get scale() {
      return this.chosen && this.chosen.scale === "share" ? 100 : 1;
    }

    choose() {
      const value = this.value.valueAsNumber / this.scale;
      const filter = this.chosen && Number.isFinite(value) ? { measure: this.chosen.id, bound: this.bound.value, value } : null;
      this.model.set({ filter });
      this.show();
    }

    write() {
      const { filter } = this.model.state;
      const none = K.element("option", { value: "" }, K.say("filter_none"));
      this.measure.replaceChildren(none, ...K.measureGroups(this.model.data.measures));
      this.bound.replaceChildren(...["least", "most"].map((bound) => K.element("option", { value: bound }, K.say(`filter_${bound}`))));
      if (filter) {
        this.measure.value = filter.measure;
        this.bound.value = filter.bound;
        this.value.value = Number((filter.value * this.scale).toFixed(6));
      }
      this.show();
    }

    show() {
      for (const option of this.measure.options) option.disabled = option.value !== "" && !this.model.has(option.value);
      K.byId("filter-limit").hidden = !this.chosen;
      K.byId("filter-unit").textContent = this.chosen ? K.label(this.chosen.unit) : "";
      const nowhere = this.chosen && !this.model.has(this.chosen.id);
      K.byId("filter-hint").textContent = nowhere ? K.say("filter_not_here") : "";
    }
  };
})(window.Kantong);
