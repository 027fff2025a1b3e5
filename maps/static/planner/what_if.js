"use strict";
// Other weights, another cutoff: the server computes, exactly; here are only the questions, as fractions.

(function (K) {
  const TOP = 10;
  const PAUSE = 150; // milliseconds without movement before a question is sent
  const DESILS = [1, 2, 3, 4, 5]; // the last desil counted
  const FINENESS = 20; // a slider has at least so many steps for the weights it shares out

  const gcd = (one, other) => (other ? gcd(other, one % other) : one);

  function fraction(text) {
    const [above, below] = text.split("/").map(Number);
    return { above, below };
  }

  function reduced(above, below) {
    const common = gcd(above, below) || 1;
    return { above: above / common, below: below / common };
  }

  K.WhatIf = class {
    constructor(model) {
      this.model = model;
      this.specification = model.data.specification;
      this.weights = K.byId("weights");
      this.cutoff = K.byId("cutoff");
      this.agency = K.byId("agency");
      this.desils = K.byId("desils");
      this.bar = K.byId("changed");
      this.asked = 0;
      this.base = this.baseSteps();
      this.steps = new Map(this.base);
      this.weights.addEventListener("input", (event) => this.slide(event.target));
      for (const choice of [this.agency, this.desils, this.cutoff]) {
        choice.addEventListener("change", () => {
          this.show();
          this.soon();
        });
      }
      K.byId("put-back").addEventListener("click", () => this.putBack());
    }

    // Each dimension's weight as a whole number of steps, exactly: 1/4 + 1/4 + 1/2 is 5 + 5 + 10.
    baseSteps() {
      const totals = this.specification.dimensions.map(({ id }) => {
        const own = this.specification.indicators.filter((indicator) => indicator.dimension === id);
        return own.map(({ weight }) => fraction(weight)).reduce(sum, { above: 0, below: 1 });
      });
      const common = totals.reduce((least, { below }) => (least * below) / gcd(least, below), 1);
      const scale = Math.ceil(FINENESS / common);
      this.most = Math.round(common * scale * 0.75);
      return new Map(this.specification.dimensions.map(({ id }, at) => [id, (totals[at].above * common * scale) / totals[at].below]));
    }

    write() {
      const sliders = this.specification.dimensions.map(({ id, label }) => {
        const input = K.element("input", { type: "range", id: `weight-${id}`, "data-dimension": id, min: 0, max: this.most, step: 1 });
        input.value = this.steps.get(id);
        return K.element("p", { class: "weight" }, K.element("label", { for: input.id }, K.label(label)), K.element("output", { for: input.id }), input);
      });
      this.weights.replaceChildren(...sliders);
      const agencies = new Set(this.specification.indicators.map(({ agency }) => agency).filter(Boolean));
      offer(this.agency, "agency_all", [...agencies].map((agency) => [agency, agency]));
      offer(this.desils, "desils_all", DESILS.map((last) => [last, K.say(last > 1 ? "desils_to" : "desils_one", { last })]));
      const chosen = this.cutoff.value || this.specification.cutoff;
      this.cutoff.replaceChildren(...this.specification.cutoffs.map((cutoff) => K.element("option", { value: cutoff }, cutoff)));
      this.cutoff.value = chosen;
      this.show();
    }

    show() {
      const allowed = this.model.level.what_if;
      K.byId("what-if-hint").textContent = K.say(allowed ? "what_if_hint" : "what_if_coarser");
      K.byId("what-if-controls").disabled = !allowed;
      // An agency's indicators share all the weight.
      for (const input of this.weights.querySelectorAll("input")) input.disabled = Boolean(this.agency.value);
      const total = this.total();
      for (const output of this.weights.querySelectorAll("output")) {
        const dimension = K.byId(output.htmlFor.value).dataset.dimension;
        output.textContent = total ? K.percent(this.steps.get(dimension) / total, 0) : "–";
        K.byId(output.htmlFor.value).setAttribute("aria-valuetext", output.textContent);
      }
    }

    total() {
      return [...this.steps.values()].reduce((one, other) => one + other, 0);
    }

    moved() {
      return Object.keys(this.differences()).length > 0;
    }

    slide(input) {
      this.steps.set(input.dataset.dimension, Number(input.value));
      this.show();
      this.soon();
    }

    soon() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.ask(), PAUSE);
    }

    // Ask again what the address asks, as whoever shared it did; what this run does not know is left out.
    restore() {
      const { weights = "", ...chosen } = this.model.question;
      const steps = weights.split(",").map(Number);
      if (steps.length === this.base.size && steps.every((step) => Number.isInteger(step) && step >= 0 && step <= this.most)) {
        this.steps = new Map([...this.base.keys()].map((id, at) => [id, steps[at]]));
      }
      for (const [key, select] of Object.entries(this.choices())) {
        if ([...select.options].some(({ value }) => value === chosen[key])) select.value = chosen[key];
      }
      this.write();
      if (this.moved()) {
        K.byId("what-if").open = true;
        this.ask();
      }
    }

    choices() {
      return { cutoff: this.cutoff, agency: this.agency, desil: this.desils };
    }

    // What differs from the run, as the address says it.
    differences() {
      const question = {};
      if ([...this.base].some(([id, steps]) => this.steps.get(id) !== steps)) question.weights = [...this.steps.values()].join(",");
      for (const [key, select] of Object.entries(this.choices())) {
        if (select.value && select.value !== this.specification[key]) question[key] = select.value;
      }
      return question;
    }

    remember() {
      this.model.question = this.differences();
      this.model.toAddress();
    }

    putBack() {
      this.asked += 1; // an answer still under way comes too late
      this.steps = new Map(this.base);
      this.cutoff.value = this.specification.cutoff;
      this.agency.value = this.desils.value = "";
      this.write();
      this.remember();
      this.model.forgetAnswers();
      this.say("");
      K.byId("cutoff").focus();
    }

    question() {
      const { level, measure } = this.model;
      const by = measure.group === "layer" ? "m0" : measure.id;
      const weighed = this.agency.value ? { agency: this.agency.value } : { weights: this.shares() };
      const last = Number(this.desils.value);
      const desils = last ? { desils: Array.from({ length: last }, (_, at) => at + 1) } : {};
      return { level: level.id, by, cutoff: this.cutoff.value, ...weighed, ...desils };
    }

    // Within a dimension the indicators keep their proportions.
    shares() {
      const total = this.total();
      const weights = {};
      for (const { id, dimension, weight } of this.specification.indicators) {
        const own = fraction(weight);
        const all = this.base.get(dimension);
        const whole = [...this.base.values()].reduce((one, other) => one + other, 0);
        const { above, below } = reduced(own.above * whole * this.steps.get(dimension), own.below * all * total);
        weights[id] = `${above}/${below}`;
      }
      return weights;
    }

    // Ask for the level on show; other levels are asked when they are shown.
    async ask() {
      const { level, data } = this.model;
      this.remember();
      if (!this.moved()) {
        this.asked += 1;
        this.model.forgetAnswers();
        this.say("");
        return;
      }
      if (!level.what_if) {
        this.say(K.say("not_here"));
        return;
      }
      if (this.total() === 0 && !this.agency.value) {
        this.say(K.say("what_if_zero"));
        return;
      }
      this.asked += 1;
      const turn = this.asked;
      this.say(K.say("asking"));
      try {
        const answer = await K.ask("POST", `${data.api}/runs/${encodeURIComponent(data.run.id)}/what-if`, this.question());
        if (turn !== this.asked) return;
        this.model.answers.clear();
        this.model.answer(level.id, answer);
        this.told();
      } catch (problem) {
        if (turn === this.asked) this.say(K.say("failed", { why: problem.message }));
      }
    }

    told() {
      if (!this.model.answers.has(this.model.level.id)) return;
      if (this.model.measure.group === "layer") {
        this.say(K.say("changed_no_layer"));
        return;
      }
      const top = Math.min(TOP, this.model.ranking().ranked);
      const changed = K.say("changed", { changed: this.model.topChanges(top), top });
      const { deviation } = this.model.figures();
      const about = deviation ? K.say("deviation", { most: K.number(deviation.m0_largest, 3) }) : "";
      this.say([changed, about].filter(Boolean).join(" "));
    }

    say(text) {
      this.bar.hidden = !text;
      this.bar.querySelector("p").textContent = text;
    }
  };

  // Fill a choice anew, what was chosen kept.
  function offer(select, none, values) {
    const chosen = select.value;
    const options = [["", K.say(none)], ...values];
    select.replaceChildren(...options.map(([value, text]) => K.element("option", { value }, text)));
    select.value = chosen;
  }

  const sum = (one, other) => reduced(one.above * other.below + other.above * one.below, one.below * other.below);
})(window.Kantong);
