"use strict";
// The choices above the list: level, measure, kecamatan.

(function (K) {
  const GROUPS = ["general", "censored", "uncensored", "layer"];

  K.Choices = class {
    constructor(model) {
      this.model = model;
      this.levels = K.byId("levels");
      this.measure = K.byId("measure");
      this.district = K.byId("district");
      this.levels.addEventListener("change", (event) => model.showLevel(event.target.value));
      this.measure.addEventListener("change", () => model.set({ measure: this.measure.value }));
      this.district.addEventListener("change", () => model.set({ district: this.district.value }));
    }

    write() {
      const { data } = this.model;
      this.levels.replaceChildren(...data.levels.map(levelChoice));
      this.measure.replaceChildren(...K.measureGroups(data.measures));
      const all = K.element("option", { value: "" }, K.say("district_all"));
      this.district.replaceChildren(all, ...data.districts.map(({ code, name }) => K.element("option", { value: code }, name)));
      this.show();
    }

    show() {
      const { state, data } = this.model;
      for (const input of this.levels.querySelectorAll("input")) input.checked = input.value === state.level;
      for (const option of this.measure.options) option.disabled = !this.model.has(option.value);
      this.measure.value = state.measure;
      this.district.value = state.district;
      K.byId("district-choice").hidden = data.districts.length < 2 || !this.model.isDivided();
    }
  };

  function levelChoice(level) {
    const id = `level-${level.id}`;
    return K.element(
      "span",
      {},
      K.element("input", { type: "radio", name: "level", id, value: level.id }),
      K.element("label", { for: id }, K.label(level.label)),
    );
  }

  // The measures as options, in groups; a group without any is left out.
  K.measureGroups = function (measures) {
    const offered = GROUPS.filter((group) => measures.some((measure) => measure.group === group));
    return offered.map((group) => {
      const own = measures.filter((measure) => measure.group === group);
      const options = own.map((measure) => K.element("option", { value: measure.id }, K.label(measure.label)));
      return K.element("optgroup", { label: K.say(`measures_${group}`) }, ...options);
    });
  };
})(window.Kantong);
