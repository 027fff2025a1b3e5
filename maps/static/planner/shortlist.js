"use strict";
// The shortlist in the panel: totals, the coverage curve, the places in order with who, when and why; and its dialogs.

(function (K) {
  const WIDTH = 300;
  const HEIGHT = 72;
  const SVG = "http://www.w3.org/2000/svg";

  K.Shortlist = class {
    constructor(model, picking) {
      this.model = model;
      this.picking = picking;
      this.section = K.byId("shortlist");
      this.printing = null;
      this.dialog = K.byId("picking");
      this.dialog.addEventListener("click", (event) => {
        if (event.target === this.dialog) this.dialog.close();
      });
    }

    show() {
      const list = this.picking.current;
      const { name } = this.picking.me;
      if (name) K.byId("person").textContent = name;
      const count = list ? list.items.length : 0;
      const share = count ? list.items[count - 1].share : null;
      const told = count ? K.say("shortlist_of", { count: K.number(count), share: K.percent(share) }) : "";
      K.byId("shortlist-title").replaceChildren(K.say("shortlist"), ...(told ? [K.element("small", {}, told)] : []));
      K.byId("shortlist-body").replaceChildren(...(list ? this.whole(list) : [this.hint()]));
    }

    say(text) {
      K.byId("shortlist-said").textContent = text;
    }

    // Do what was asked; what the server refuses is said in its words.
    async try(work, done) {
      try {
        await work;
        this.say(done || "");
      } catch (problem) {
        this.say(K.say("shortlist_failed", { why: problem.message }));
      }
    }

    hint() {
      return K.element("p", { class: "hint" }, K.say(this.picking.may("pick") ? "shortlist_hint" : "shortlist_none"));
    }

    whole(list) {
      return [
        this.choice(list),
        ...(list.may_change ? [this.title(list)] : []),
        this.saved(list),
        ...(list.items.length ? [this.totals(list), this.curve(list), this.places(list)] : [this.hint()]),
        ...(list.decision ? [this.decree(list.decision)] : []),
        this.actions(list),
      ];
    }

    choice(list) {
      const lists = this.picking.ofLevel();
      const select = K.element("select", { id: "shortlist-choice" });
      for (const one of lists) {
        const mark = one.decision ? ` · ${one.decision.number}` : one.may_change ? "" : ` · ${one.owner}`;
        select.append(K.element("option", { value: one.id, selected: one.id === list.id }, one.title + mark));
      }
      select.addEventListener("change", () => this.try(this.picking.choose(select.value)));
      const label = K.element("label", { for: "shortlist-choice", class: "unseen" }, K.say("shortlist_choice"));
      return K.element("p", { class: "choices" }, label, select);
    }

    title(list) {
      const input = K.element("input", { id: "shortlist-name", maxlength: 120, value: list.title });
      input.addEventListener("change", () => this.try(this.picking.rename(input.value)));
      return K.element("p", { class: "field" }, K.element("label", { for: "shortlist-name" }, K.say("shortlist_name")), input);
    }

    saved(list) {
      return K.element("p", { class: "hint" }, K.say("shortlist_saved", { when: K.moment(list.changed_at), who: list.owner }));
    }

    totals(list) {
      const last = list.items[list.items.length - 1];
      const rows = [
        [K.say("shortlist_places"), K.number(list.items.length)],
        [K.say("households"), K.number(last.households_covered)],
        [K.label(this.model.measures.get("poor_persons").short), K.number(last.poor_persons_covered)],
      ];
      const pairs = rows.map(([term, text]) => K.element("div", {}, K.element("dt", {}, term), K.element("dd", {}, text)));
      return K.element("dl", { class: "numbers" }, ...pairs);
    }

    // The share of all poor people covered as place after place is added.
    curve(list) {
      const step = WIDTH / list.items.length;
      const points = list.items.map((item, at) => `${((at + 1) * step).toFixed(1)},${(HEIGHT * (1 - (item.share || 0))).toFixed(1)}`);
      const svg = document.createElementNS(SVG, "svg");
      for (const [name, value] of [["viewBox", `0 -2 ${WIDTH} ${HEIGHT + 4}`], ["aria-hidden", "true"], ["focusable", "false"]]) {
        svg.setAttribute(name, value);
      }
      for (const [kind, at] of [["frame", `0,0 ${WIDTH},0 ${WIDTH},${HEIGHT} 0,${HEIGHT} 0,0`], ["line", `0,${HEIGHT} ${points.join(" ")}`]]) {
        const line = document.createElementNS(SVG, "polyline");
        line.setAttribute("points", at);
        line.setAttribute("class", kind);
        svg.append(line);
      }
      const share = K.percent(list.items[list.items.length - 1].share);
      const words = K.say("shortlist_curve", { count: K.number(list.items.length), share });
      return K.element("figure", { class: "coverage" }, svg, K.element("figcaption", {}, words));
    }

    places(list) {
      return K.element("ol", { class: "picks" }, ...list.items.map((item, at) => this.place(list, item, at)));
    }

    place(list, item, at) {
      const index = this.model.level.columns.code.indexOf(item.code);
      const name = index < 0 ? item.code : this.model.name(index);
      const go = K.element("button", { type: "button", class: "go" }, name);
      go.addEventListener("click", () => this.model.set({ selected: index }));
      const poor = item.poor_persons === null ? K.say("hidden") : K.say("shortlist_poor", { count: K.number(item.poor_persons) });
      const who = K.say("shortlist_added", { who: item.added_by, when: K.moment(item.added_at) });
      const why = item.reason ? K.element("p", { class: "why" }, item.reason) : null;
      const row = K.element("li", { "data-code": item.code }, K.element("div", {}, go, K.element("small", {}, poor), why, K.element("small", {}, who)));
      if (list.may_change) row.append(this.tools(item, name, at, list.items.length));
      return row;
    }

    tools(item, name, at, count) {
      const tool = (sign, key, work, off) => {
        const button = K.element("button", { type: "button", "aria-label": K.say(key, { name }), title: K.say(key, { name }), disabled: off }, sign);
        button.addEventListener("click", work);
        return button;
      };
      return K.element(
        "div",
        { class: "tools" },
        tool("↑", "shortlist_up", () => this.move(item, -1), at === 0),
        tool("↓", "shortlist_down", () => this.move(item, 1), at === count - 1),
        tool("✎", "shortlist_why", () => this.askWhy(item.code, name, item.reason)),
        tool("×", "shortlist_off", () => this.try(this.picking.unpick(item.code), K.say("shortlist_gone", { name }))),
      );
    }

    // The button moves with its place, so the focus goes there again.
    async move(item, by) {
      await this.try(this.picking.move(item.code, by));
      const buttons = [...this.section.querySelectorAll(`[data-code="${CSS.escape(item.code)}"] .tools button`)];
      const wanted = buttons[by < 0 ? 0 : 1];
      if (wanted) (wanted.disabled ? buttons[by < 0 ? 1 : 0] : wanted).focus();
    }

    decree(made) {
      const words = { number: made.number, date: K.date(made.date), title: made.title, name: made.signatory_name, office: made.signatory_position };
      return K.element("p", { class: "decree" }, K.say("shortlist_decided", words));
    }

    actions(list) {
      const button = (key, work) => {
        const made = K.element("button", { type: "button", class: "quiet" }, K.say(key));
        made.addEventListener("click", work);
        return made;
      };
      const buttons = [];
      if (list.items.length) for (const format of ["pdf", "docx"]) buttons.push(button(`print_annex_${format}`, () => this.printing.annex(list, format)));
      if (this.picking.may("pick")) buttons.push(button("shortlist_new", () => this.try(this.picking.begin(this.newTitle()))));
      if (list.may_change) buttons.push(button("shortlist_remove", () => this.askRemove(list)));
      if (this.picking.may("decide") && !list.decision && list.items.length) buttons.push(button("shortlist_decide", () => this.askDecree(list)));
      return K.element("div", { class: "buttons" }, ...buttons);
    }

    newTitle() {
      return K.say("shortlist_new_title", { level: this.model.levelWord(), year: new Date().getFullYear() + 1 });
    }

    // P: a place that is picked comes off, another is asked why it goes on.
    toggle(index) {
      if (index === null || !this.picking.may("pick")) return;
      const code = this.model.level.columns.code[index];
      const name = this.model.name(index);
      const { current } = this.picking;
      if (current && current.may_change && this.picking.codes().has(code)) {
        this.try(this.picking.unpick(code), K.say("shortlist_gone", { name }));
      } else this.askWhy(code, name, "");
    }

    askWhy(code, name, reason) {
      const text = K.element("textarea", { id: "why", rows: 3, maxlength: 500, name: "reason" });
      text.value = reason;
      const field = K.element("p", { class: "field" }, K.element("label", { for: "why" }, K.say("shortlist_reason")), text);
      this.ask(K.say("shortlist_pick", { name }), [field], "shortlist_keep", (form) => {
        return this.try(this.picking.pick(code, form.get("reason"), this.newTitle()), K.say("shortlist_on", { name }));
      });
    }

    askRemove(list) {
      const words = K.element("p", {}, K.say("shortlist_remove_why", { title: list.title, count: K.number(list.items.length) }));
      this.ask(K.say("shortlist_remove"), [words], "shortlist_remove", () => this.try(this.picking.remove()));
    }

    askDecree(list) {
      const fields = [["number", "text"], ["date", "date"], ["title", "text"], ["signatory_name", "text"], ["signatory_position", "text"]];
      const inputs = fields.map(([name, type]) => {
        const input = K.element("input", { id: `decree-${name}`, name, type, required: true, maxlength: 200, autocomplete: "off" });
        return K.element("p", { class: "field" }, K.element("label", { for: input.id }, K.say(`decree_${name}`)), input);
      });
      const hint = K.element("p", { class: "hint" }, K.say("decree_hint"));
      this.ask(K.say("shortlist_decide_title", { title: list.title }), [hint, ...inputs], "shortlist_decide", (form) => {
        return this.try(this.picking.decide(Object.fromEntries(form)));
      });
    }

    ask(title, parts, key, work) {
      const cancel = K.element("button", { type: "button", class: "quiet" }, K.say("cancel"));
      cancel.addEventListener("click", () => this.dialog.close());
      const buttons = K.element("div", { class: "buttons" }, K.element("button", { type: "submit", class: "solid" }, K.say(key)), cancel);
      const form = K.element("form", { method: "dialog" }, ...parts, buttons);
      form.addEventListener("submit", () => work(new FormData(form)));
      this.dialog.replaceChildren(K.element("h2", { id: "picking-title" }, title), form);
      this.dialog.showModal();
    }
  };
})(window.Kantong);
