"use strict";
// Search by name over every level; spaces, case and accents do not count.

(function (K) {
  const MOST = 8;

  K.Search = class {
    constructor(model) {
      this.model = model;
      this.input = K.byId("search");
      this.found = K.byId("found");
      this.places = model.data.levels.filter((level) => !level.cells).flatMap(placesOf);
      this.active = -1;
      this.input.addEventListener("input", () => this.show());
      this.input.addEventListener("keydown", (event) => this.key(event));
      this.input.addEventListener("blur", () => this.close());
      // The list would lose the click to the field's blur.
      this.found.addEventListener("mousedown", (event) => event.preventDefault());
      this.found.addEventListener("click", (event) => this.choose(event.target.closest("[role=option]")));
    }

    show() {
      const wanted = K.fold(this.input.value);
      if (!wanted) {
        this.close();
        return;
      }
      const starts = (place) => (place.folded.startsWith(wanted) ? 0 : 1);
      this.hits = this.places
        .filter((place) => place.folded.includes(wanted))
        .sort((one, other) => starts(one) - starts(other))
        .slice(0, MOST);
      this.found.replaceChildren(...(this.hits.length ? this.hits.map((hit, at) => this.option(hit, at)) : [nothing()]));
      this.found.hidden = false;
      this.input.setAttribute("aria-expanded", "true");
      this.point(this.hits.length ? 0 : -1);
    }

    option({ level, index }, at) {
      const around = [K.label(level.label), level.within[index]].filter(Boolean).join(" · ");
      return K.element(
        "li",
        { role: "option", id: `found-${at}`, "data-at": at, "aria-selected": "false" },
        level.columns.name[index],
        K.element("small", {}, around),
      );
    }

    point(at) {
      this.active = at;
      for (const option of this.found.children) {
        option.setAttribute("aria-selected", String(Number(option.dataset.at) === at));
      }
      if (at < 0) this.input.removeAttribute("aria-activedescendant");
      else this.input.setAttribute("aria-activedescendant", `found-${at}`);
    }

    key(event) {
      if (event.key === "Escape") this.close();
      if (this.found.hidden || this.hits.length === 0) return;
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        event.preventDefault();
        this.point((this.active + step + this.hits.length) % this.hits.length);
      }
      if (event.key === "Enter") {
        event.preventDefault();
        this.choose(this.found.children[this.active]);
      }
    }

    choose(option) {
      if (!option || option.dataset.at === undefined) return;
      const { level, index } = this.hits[Number(option.dataset.at)];
      this.input.value = "";
      this.close();
      this.model.set({ district: "" });
      this.model.showLevel(level.id, index);
    }

    close() {
      this.found.hidden = true;
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
    }
  };

  const placesOf = (level) =>
    level.columns.name.map((name, index) => ({ level, index, folded: K.fold(name) }));

  const nothing = () =>
    K.element("li", { role: "option", "aria-disabled": "true", class: "nothing" }, K.say("found_none"));
})(window.Kantong);
