"use strict";
// The profile of the selected place. A hidden place has a reason here and no figure.

(function (K) {
  const AGENCIES = 3;

  K.Profile = class {
    constructor(model) {
      this.model = model;
      this.section = K.byId("profile");
      this.spoken = K.byId("spoken");
      this.onPick = null;
    }

    show() {
      const { selected } = this.model.state;
      this.section.hidden = selected === null;
      if (selected === null) {
        this.section.replaceChildren();
        this.spoken.textContent = "";
        return;
      }
      const row = this.model.ranking().byIndex[selected];
      const status = this.model.status(selected);
      this.section.replaceChildren(this.head(selected), ...this.pick(selected), ...(status === "shown" ? this.shown(row) : this.silent(selected, status)));
      this.spoken.textContent = this.inOneSentence(row, status);
    }

    inOneSentence(row, status) {
      const name = this.model.name(row.index);
      if (status !== "shown") return `${name}, ${K.say(status)}.`;
      const { measure } = this.model;
      return `${name}, ${this.rank(row)}, ${K.label(measure.label)} ${K.figure(measure, row.value)}.`;
    }

    rank(row) {
      if (!row.rank) return K.say("no_rank");
      const { rank_low: low, rank_high: high } = this.model.figures().columns;
      if (this.model.state.measure === "m0" && low && low[row.index] !== null) {
        const between = { low: K.number(low[row.index]), high: K.number(high[row.index]) };
        return K.say("rank_between", { rank: K.number(row.rank), ...between, of: K.number(this.model.ranking().ranked) });
      }
      return K.say("rank", { rank: K.number(row.rank), of: K.number(this.model.ranking().ranked) });
    }

    head(index) {
      const { model } = this;
      const close = K.element("button", { type: "button", class: "close", "aria-label": K.say("close") }, "×");
      close.addEventListener("click", () => {
        model.set({ selected: null });
        K.byId("ranking").focus({ preventScroll: true });
      });
      const around = [K.label(model.level.label), model.aside(index)].filter(Boolean).join(" · ");
      return K.element(
        "header",
        {},
        K.element("div", {}, K.element("h2", { id: "profile-title" }, model.name(index)), K.element("p", {}, around)),
        close,
      );
    }

    pick(index) {
      if (!this.onPick || !this.model.picking.may("pick")) return [];
      const button = K.element("button", { type: "button", class: "quiet" }, K.say(this.model.isPicked(index) ? "unpick" : "pick"));
      button.addEventListener("click", () => this.onPick(index));
      return [K.element("p", { class: "pick" }, button)];
    }

    silent(index, status) {
      if (status === "empty") return [K.element("p", { class: "silent" }, K.say("empty_why"))];
      const reason = this.model.data.labels.reason[this.model.figures().columns.reason[index]];
      return [
        K.element("p", { class: "silent" }, K.element("strong", {}, K.say("hidden_why", { reason: K.label(reason) }))),
        K.element("p", { class: "silent" }, K.say("hidden_meaning")),
      ];
    }

    shown(row) {
      return [
        this.standing(row),
        this.numbers(row.index),
        ...this.pocket(row.index),
        this.bars(row.index),
        this.agencies(row.index),
        this.quality(row.index),
      ];
    }

    at(column, index) {
      return this.model.figures().columns[column][index];
    }

    standing(row) {
      const style = this.model.classOf(row.index);
      const swatch = K.element("span", { class: "swatch", "aria-hidden": "true" });
      if (style) swatch.style.backgroundColor = style.colour;
      const { measure } = this.model;
      return K.element(
        "p",
        { class: "standing" },
        K.element("strong", {}, this.rank(row)),
        K.element("span", {}, swatch, `${K.label(measure.short)} ${K.figure(measure, row.value)}`, style && ` · ${K.label(style.label)}`),
      );
    }

    numbers(index) {
      const column = (id) => [K.label(this.model.measures.get(id).short), K.figure(this.model.measures.get(id), this.at(id, index))];
      const count = (id) => [K.say(id), K.number(this.at(id, index))];
      return definitions("numbers", [
        column("m0"), column("h"), column("a"),
        count("households"), column("poor_households"), column("vulnerable"),
        count("persons"), column("poor_persons"), column("severe"),
      ]);
    }

    pocket(index) {
      if (this.model.level.id !== "pocket") return [];
      return [
        definitions("quality", [
          [K.say("pocket_cells"), K.number(this.at("cells", index))],
          [K.say("pocket_units"), this.at("units", index)],
        ]),
      ];
    }

    bars(index) {
      const { data } = this.model;
      const groups = data.specification.dimensions.map((dimension) => {
        const own = data.specification.indicators.filter((indicator) => indicator.dimension === dimension.id);
        return K.element("div", { class: "dimension" }, K.element("h4", {}, K.label(dimension.label)), ...own.map((indicator) => this.bar(indicator, index)));
      });
      const note = data.city ? K.element("p", { class: "note" }, K.say("city_mean", { place: data.run.place })) : null;
      return K.element("section", { class: "bars" }, K.element("h3", {}, K.say("deprivations")), ...groups, note);
    }

    bar(indicator, index) {
      const column = `uncensored_${indicator.id}`;
      const share = this.at(column, index);
      const fill = K.element("span", { class: "fill" });
      fill.style.width = `${100 * (share || 0)}%`;
      const track = K.element("span", { class: "track", "aria-hidden": "true" }, fill);
      const mean = this.model.data.city && this.model.data.city[column];
      if (typeof mean === "number") {
        const tick = K.element("span", { class: "tick" });
        tick.style.left = `${100 * mean}%`;
        track.append(tick);
      }
      return K.element(
        "p",
        { class: "bar", title: indicator.agency },
        K.element("span", { class: "what" }, K.label(indicator.label)),
        K.element("span", { class: "share" }, K.percent(share)),
        track,
      );
    }

    agencies(index) {
      const shares = new Map();
      for (const { id, agency } of this.model.data.specification.indicators) {
        const share = this.at(`contribution_${id}`, index);
        if (agency && share) shares.set(agency, (shares.get(agency) || 0) + share);
      }
      if (shares.size === 0) return null;
      const largest = [...shares].sort((one, other) => other[1] - one[1]).slice(0, AGENCIES);
      const rows = largest.map(([agency, share]) => [agency, `${K.percent(share, 0)} ${K.say("of_m0")}`]);
      return K.element("section", {}, K.element("h3", {}, K.say("agencies")), definitions("quality", rows));
    }

    quality(index) {
      return K.element(
        "section",
        {},
        K.element("h3", {}, K.say("quality")),
        definitions("quality", [
          [K.say("quality_read"), K.number(this.at("read", index))],
          [K.say("quality_measured"), K.number(this.at("households", index))],
          [K.say("quality_left_out"), K.number(this.at("left_out", index))],
          [K.say("quality_modelled"), K.percent(this.at("modelled_share", index))],
        ]),
      );
    }
  };

  function definitions(kind, rows) {
    const pairs = rows.map(([term, text]) => K.element("div", {}, K.element("dt", {}, term), K.element("dd", {}, text)));
    return K.element("dl", { class: kind }, ...pairs);
  }
})(window.Kantong);
