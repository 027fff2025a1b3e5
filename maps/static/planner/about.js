"use strict";
// "Tentang data": where the figures come from, what became of the households, what is hidden and why.

(function (K) {
  K.About = class {
    constructor(model) {
      this.model = model;
      this.dialog = K.byId("about");
      K.byId("open-about").addEventListener("click", () => {
        this.write();
        this.dialog.showModal();
      });
      this.dialog.addEventListener("click", (event) => {
        if (event.target === this.dialog) this.dialog.close();
      });
    }

    write() {
      const { run, specification } = this.model.data;
      const close = K.element("button", { type: "button", class: "close", "aria-label": K.say("close") }, "×");
      close.addEventListener("click", () => this.dialog.close());
      const notes = run.notes.length
        ? [heading("about_notes"), K.element("ul", {}, ...run.notes.map((note) => K.element("li", {}, K.label(note))))]
        : [];
      this.dialog.replaceChildren(
        K.element("header", {}, K.element("h2", { id: "about-title" }, K.say("about")), close),
        ...notes,
        heading("about_register"),
        K.element("p", {}, run.register),
        K.element("p", {}, `${K.say("audience")} ${K.say(`audience_${run.audience}`)}`),
        K.element("p", { class: "code" }, run.id),
        heading("about_placement"),
        this.placement(),
        heading("about_boundaries"),
        K.element("p", {}, this.boundaries(), ...this.upload()),
        ...this.layers(),
        heading("about_measure"),
        K.element("p", {}, K.label(specification.label)),
        K.element("p", {}, K.say("about_cutoff", specification)),
        heading("about_rules"),
        K.element("ul", {}, ...this.rules().map((rule) => K.element("li", {}, rule))),
      );
    }

    placement() {
      const counts = this.model.data.run.placement;
      const rows = ["read", "located", "by_code", "refused"].map((kind) => {
        return K.element("div", {}, K.element("dt", {}, K.say(`about_${kind}`)), K.element("dd", {}, K.number(counts[kind])));
      });
      return K.element("dl", { class: "quality" }, ...rows);
    }

    boundaries() {
      const { name, source, valid_from: since } = this.model.data.run.boundaries;
      return [name, source, since && K.say("about_valid", { date: K.date(since) })].filter(Boolean).join(" · ");
    }

    // Whoever may load boundaries finds the way to the form.
    upload() {
      const { picking } = this.model;
      if (picking === null || !picking.may("upload_boundaries")) return [];
      return [" ", K.element("a", { href: "/batas" }, K.say("about_upload"))];
    }

    layers() {
      const own = this.model.data.measures.filter((measure) => measure.group === "layer");
      if (own.length === 0) return [];
      const lines = own.map((measure) => {
        const from = K.say("layer_source", { source: measure.source, date: K.date(measure.date) });
        return K.element("li", {}, `${K.label(measure.label)}. ${from}`);
      });
      return [heading("layers"), K.element("ul", {}, ...lines)];
    }

    rules() {
      const { rules } = this.model.data.run;
      return [
        K.say("about_rule_poor", { count: rules.hidden_up_to }),
        K.say("about_rule_unit", { count: rules.fewest_unit }),
        K.say("about_rule_cell", { count: rules.fewest_cell }),
        K.say("about_rule_complement"),
      ];
    }
  };

  const heading = (key) => K.element("h3", {}, K.say(key));
})(window.Kantong);
