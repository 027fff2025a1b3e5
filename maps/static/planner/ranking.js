"use strict";
// The ranked list: the keyboard's way through the map. Arrow keys walk, Enter selects, P picks.

(function (K) {
  const FIRST = 200; // rows drawn at once; a city has thousands of cells
  const PAGE = 10;

  K.Ranking = class {
    constructor(model) {
      this.model = model;
      this.list = K.byId("ranking");
      this.moreButton = K.byId("more");
      this.active = null;
      this.onPick = null;
      this.limit = FIRST;
      this.list.addEventListener("keydown", (event) => this.key(event));
      this.list.addEventListener("click", (event) => this.choose(rowOf(event)));
      this.list.addEventListener("mouseover", (event) => this.model.set({ hovered: rowOf(event) }));
      this.list.addEventListener("mouseleave", () => this.model.set({ hovered: null }));
      this.list.addEventListener("blur", () => this.model.set({ hovered: null }));
      this.moreButton.addEventListener("click", () => this.extend(this.limit + FIRST));
    }

    show() {
      const { model } = this;
      const ranking = model.ranking();
      this.rows = ranking.rows.filter((row) => model.within(row.index));
      const words = { level: model.levelWord(), count: K.number(ranking.rows.length), shown: K.number(this.rows.length) };
      const filtered = this.rows.length < ranking.rows.length;
      K.byId("ranking-title").textContent = K.say(filtered ? "ranking_in" : "ranking_of", words);
      this.draw();
      this.mark();
    }

    draw() {
      const shown = this.rows.slice(0, this.limit);
      this.list.replaceChildren(...shown.map((row) => this.option(row)));
      this.moreButton.hidden = this.rows.length <= this.limit;
      const left = Math.min(FIRST, this.rows.length - this.limit);
      this.moreButton.textContent = K.say("more", { count: K.number(left) });
    }

    extend(limit) {
      this.limit = limit;
      this.draw();
      this.mark();
    }

    option(row) {
      const { model } = this;
      const style = model.classOf(row.index);
      const swatch = K.element("span", { class: `swatch ${row.kind}`, "aria-hidden": "true" });
      if (style) swatch.style.backgroundColor = style.colour;
      const aside = model.aside(row.index);
      const tick = K.element("span", { class: "ticked", role: "img", "aria-label": K.say("picked"), hidden: true });
      return K.element(
        "li",
        { role: "option", id: `row-${row.index}`, "data-index": row.index, "aria-selected": "false", class: row.kind },
        K.element("span", { class: "rank" }, row.rank ? K.number(row.rank) : "–"),
        swatch,
        K.element("span", { class: "name" }, tick, model.name(row.index), aside && K.element("small", {}, aside)),
        K.element("span", { class: "value" }, row.value === null ? K.say(row.kind) : K.figure(model.measure, row.value)),
      );
    }

    // Keep the list in step with the map: what is pointed at, and what is selected.
    mark() {
      const { selected, hovered } = this.model.state;
      const picked = new Set(this.model.picked());
      for (const option of this.list.children) {
        const index = Number(option.dataset.index);
        option.querySelector(".ticked").hidden = !picked.has(index);
        option.setAttribute("aria-selected", String(index === selected));
        option.classList.toggle("hovered", index === hovered);
      }
    }

    reveal(index) {
      const place = this.rows.findIndex((row) => row.index === index);
      if (place < 0) return;
      if (place >= this.limit) this.extend(place + FIRST);
      this.activate(index);
    }

    activate(index) {
      this.active = index;
      const option = K.byId(`row-${index}`);
      this.list.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    }

    key(event) {
      const here = this.rows.findIndex((row) => row.index === this.active);
      const last = this.rows.length - 1;
      const steps = {
        ArrowDown: here + 1,
        ArrowUp: here - 1,
        PageDown: here + PAGE,
        PageUp: here - PAGE,
        Home: 0,
        End: last,
      };
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        this.choose(this.active);
        return;
      }
      if (event.key.toLowerCase() === "p" && !event.ctrlKey && !event.metaKey && this.onPick) {
        event.preventDefault();
        this.onPick(this.active);
        return;
      }
      if (!(event.key in steps) || last < 0) return;
      event.preventDefault();
      const next = this.rows[Math.max(0, Math.min(last, steps[event.key]))].index;
      this.reveal(next);
      this.model.set({ hovered: next });
    }

    choose(index) {
      if (index === null) return;
      this.activate(index);
      this.model.set({ selected: index });
    }
  };

  function rowOf(event) {
    const option = event.target.closest("[role=option]");
    return option ? Number(option.dataset.index) : null;
  }
})(window.Kantong);
