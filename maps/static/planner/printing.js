"use strict";
// Prints: ordered from the server as jobs, watched until they are done, and offered as files.

(function (K) {
  const PAUSE = 700; // milliseconds between two looks at a job
  const OPEN = new Set(["waiting", "working"]);

  K.Printing = class {
    constructor(model) {
      this.model = model;
      this.orders = [];
      this.list = K.byId("prints");
      this.paper = K.byId("paper");
      this.measure = K.byId("print-measure");
      this.menu = K.byId("printing");
      this.item("print-atlas", () => this.atlas());
      this.item("print-sheet", () => this.sheet(model.state.selected));
    }

    get address() {
      return `${this.model.data.api}/jobs`;
    }

    item(id, work) {
      K.byId(id).addEventListener("click", () => {
        this.menu.open = false;
        this.menu.querySelector("summary").focus();
        work();
      });
    }

    // A place has a sheet of its own; a cell is drawn on the sheets of the units around it.
    hasSheet(index) {
      return index !== null && !this.model.level.cells;
    }

    // What the zones of a sheet have: it is drawn in finer ones than the level that is shown.
    canDraw(measure) {
      const { levels, level } = this.model;
      return this.model.has(measure, levels.get(level.drawn) || level);
    }

    write() {
      const chosen = this.measure.value;
      this.measure.replaceChildren(...K.measureGroups(this.model.data.measures));
      if (chosen) this.measure.value = chosen;
      else this.suggest();
      this.show();
    }

    // A sheet shows what the page shows, unless somebody chooses otherwise.
    suggest() {
      const { measure } = this.model.state;
      this.measure.value = this.canDraw(measure) ? measure : "m0";
    }

    show() {
      const { selected } = this.model.state;
      for (const option of this.measure.options) option.disabled = !this.canDraw(option.value);
      const button = K.byId("print-sheet");
      button.disabled = !this.hasSheet(selected);
      const place = button.disabled ? K.say("print_sheet_none") : K.say("print_sheet_of", { place: this.model.name(selected) });
      button.replaceChildren(K.say("print_sheet"), K.element("small", {}, place));
      this.list.replaceChildren(...this.orders.map((order) => this.row(order)));
    }

    atlas() {
      return this.order(K.say("print_atlas"), "pdf", { what: "atlas", paper: this.paper.value });
    }

    sheet(index) {
      const measure = this.measure.value;
      const named = { place: this.model.name(index), measure: K.label(this.model.measures.get(measure).label) };
      const title = K.say(measure === "m0" ? "print_sheet_of" : "print_sheet_by", named);
      const code = this.model.level.columns.code[index];
      return this.order(title, "pdf", { what: "sheet", level: this.model.level.id, code, measure, paper: this.paper.value });
    }

    annex(list, format) {
      return this.order(`${K.say("print_annex")}: ${list.title}`, format, { what: "annex", shortlist: list.id });
    }

    async order(title, format, print) {
      const order = { title, format, state: "waiting", progress: 0, problem: null };
      this.orders.push(order);
      this.show();
      const run = print.what === "annex" ? {} : { run: this.model.data.run.id };
      await this.follow(order, K.ask("POST", this.address, { ...run, format, print: { ...print, lang: K.language } }));
    }

    // Look after a job until it has ended, or nobody wants it any more.
    async follow(order, first) {
      try {
        Object.assign(order, await first);
        this.tell(order);
        while (OPEN.has(order.state)) {
          await new Promise((done) => setTimeout(done, PAUSE));
          if (!this.orders.includes(order)) return;
          Object.assign(order, await K.ask("GET", `${this.address}/${order.id}`));
          this.tell(order);
        }
      } catch (problem) {
        Object.assign(order, { state: "failed", problem: problem.message });
        this.tell(order);
      }
    }

    // Only what is new is written, so that a button under the pointer or in focus stays.
    tell(order) {
      const row = this.list.children[this.orders.indexOf(order)];
      if (!row) return;
      if (row.dataset.state !== order.state) row.replaceWith(this.row(order));
      else if (OPEN.has(order.state)) row.querySelector("progress").value = order.progress;
    }

    row(order) {
      const away = K.element("button", { type: "button", class: "close", "aria-label": K.say("print_away", { title: order.title }) }, "×");
      away.addEventListener("click", () => this.away(order));
      const row = K.element("div", { "data-state": order.state }, K.element("strong", {}, order.title), away);
      if (OPEN.has(order.state)) row.append(K.element("progress", { max: 1, value: order.progress, "aria-label": order.title }));
      row.append(this.words(order));
      return row;
    }

    words(order) {
      if (order.state === "done") return K.element("a", { href: order.result, download: true }, K.say("print_save", { format: order.format.toUpperCase() }));
      const why = order.problem || K.say("print_broken_off");
      return K.element("span", {}, OPEN.has(order.state) ? K.say(`print_${order.state}`) : K.say("print_failed", { why }));
    }

    away(order) {
      this.orders.splice(this.orders.indexOf(order), 1);
      this.show();
      if (order.id && OPEN.has(order.state)) K.ask("DELETE", `${this.address}/${order.id}`).catch(() => {}); // it ends by itself
      this.menu.querySelector("summary").focus();
    }
  };
})(window.Kantong);
