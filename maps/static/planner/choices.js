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
      const offered = GROUPS.filter((group) => data.measures.some((measure) => measure.group === group));
      this.measure.replaceChildren(...offered.map((group) => measureGroup(data.measures, group)));
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
      K.byId("district-choice").hidden = data.districts.length < 2 || state.level === "kecamatan";
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

  function measureGroup(measures, group) {
    const options = measures.filter((measure) => measure.group === group).map((measure) => {
      return K.element("option", { value: measure.id }, K.label(measure.label));
    });
    return K.element("optgroup", { label: K.say(`measures_${group}`) }, ...options);
  }
})(window.Kantong);
