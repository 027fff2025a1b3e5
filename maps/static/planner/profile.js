"use strict";
// The profile of the selected place. A hidden place has a reason here and no figure.

(function (K) {
  const AGENCIES = 3;
  const TOLD = /^(read|left_out|vulnerable|severe|uncensored_.*|poor_desil_.*|layer_.*)$/; // what the profile shows and may be kept back

  K.Profile = class {
    constructor(model) {
      this.model = model;
      this.section = K.byId("profile");
      this.spoken = K.byId("spoken");
      this.onPick = null;
      this.printing = null;
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
      this.section.replaceChildren(this.head(selected), this.actions(selected), ...(status === "shown" ? this.shown(row) : this.silent(row, status)));
      this.spoken.textContent = this.inOneSentence(row);
    }

    inOneSentence(row) {
      const name = this.model.name(row.index);
      if (row.value === null) return `${name}, ${K.say(row.kind)}.`;
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

    actions(index) {
      const buttons = [];
      const add = (key, work) => {
        const button = K.element("button", { type: "button", class: "quiet" }, K.say(key));
        button.addEventListener("click", work);
        buttons.push(button);
      };
      if (this.onPick && this.model.picking.may("pick")) add(this.model.isPicked(index) ? "unpick" : "pick", () => this.onPick(index));
      if (this.printing && this.printing.hasSheet(index)) add("print_sheet", () => this.printing.sheet(index));
      return K.element("div", { class: "buttons" }, ...buttons);
    }

    // Of a hidden or an empty place: why it has no figures, and what the layers beside the register tell.
    silent(row, status) {
      return [...(row.rank ? [this.standing(row)] : []), ...this.why(row.index, status), this.layers(row.index)].filter(Boolean);
    }

    why(index, status) {
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
        this.desils(row.index),
        this.agencies(row.index),
        this.layers(row.index),
        this.quality(row.index),
        this.untold(row.index),
      ].filter(Boolean);
    }

    at(column, index) {
      return this.model.figures().columns[column][index];
    }

    // A figure in words; where there is none, why.
    told(column, index, write) {
      const value = this.at(column, index);
      return value === null ? K.element("span", { class: "untold" }, K.say(this.model.absence(index, column))) : write(value);
    }

    // What "disembunyikan" means, once, where a figure of a shown place is.
    untold(index) {
      const columns = Object.entries(this.model.figures().columns).filter(([column]) => TOLD.test(column));
      const some = columns.some(([column, values]) => values[index] === null && this.model.absence(index, column) === "hidden");
      return some ? K.element("p", { class: "note" }, K.say("untold_why")) : null;
    }

    standing(row) {
      const style = this.model.classOf(row.index);
      const swatch = K.element("span", { class: "swatch", "aria-hidden": "true" });
      if (style) swatch.style.backgroundColor = style.colour;
      const { measure } = this.model;
      const priority = this.model.priority(row.index);
      const sure = priority && K.element("span", { class: "priority" }, K.say(`priority_${priority}`, { listed: K.number(this.model.level.listed) }));
      const value = row.value === null ? K.say(row.kind) : withUnit(measure, row.value);
      return K.element(
        "p",
        { class: "standing" },
        K.element("strong", {}, this.rank(row)),
        sure,
        K.element("span", {}, swatch, `${K.label(measure.short)} ${value}`, style && ` · ${K.label(style.label)}`),
      );
    }

    numbers(index) {
      const column = (id) => {
        const measure = this.model.measures.get(id);
        return [K.label(measure.short), this.told(id, index, (value) => K.figure(measure, value))];
      };
      const count = (id) => [K.say(id), this.told(id, index, K.number)];
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
        return K.element("div", { class: "dimension" }, K.element("h4", {}, K.label(dimension.label)), ...own.map((one) => this.bar(`uncensored_${one.id}`, K.label(one.label), index, one.agency)));
      });
      const note = data.city ? K.element("p", { class: "note" }, K.say("city_mean", { place: data.run.place })) : null;
      return K.element("section", { class: "bars" }, K.element("h3", {}, K.say("deprivations")), ...groups, note);
    }

    // Of units only, and of the run's own question: a register may tell no desil.
    desils(index) {
      const groups = Object.keys(this.model.figures().columns).filter((column) => column.startsWith("poor_desil_"));
      if (groups.length === 0) return null;
      return K.element("section", { class: "bars" }, K.element("h3", {}, K.say("desils")), ...groups.map((column) => this.bar(column, K.say(column), index)));
    }

    bar(column, name, index, agency) {
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
        { class: "bar", title: agency || "" },
        K.element("span", { class: "what" }, name),
        K.element("span", { class: "share" }, this.told(column, index, K.percent)),
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
          [K.say("quality_read"), this.told("read", index, K.number)],
          [K.say("quality_measured"), this.told("households", index, K.number)],
          [K.say("quality_left_out"), this.told("left_out", index, K.number)],
          [K.say("quality_modelled"), this.told("modelled_share", index, K.percent)],
        ]),
      );
    }

    layers(index) {
      const { model } = this;
      const own = [...model.measures.values()].filter((measure) => measure.group === "layer" && model.has(measure.id));
      if (own.length === 0) return null;
      const rows = own.map((measure) => {
        const from = K.element("small", {}, K.say("layer_source", { source: measure.source, date: K.date(measure.date) }));
        return [K.element("span", {}, K.label(measure.label), from), this.told(measure.id, index, (value) => withUnit(measure, value))];
      });
      return K.element("section", {}, K.element("h3", {}, K.say("layers")), definitions("quality", rows));
    }
  };

  // "12,3 %" says its unit itself, and so does "Kel. miskin 43".
  function withUnit(measure, value) {
    const unit = measure.scale === "figure" ? K.label(measure.unit) : "";
    return K.figure(measure, value) + (unit && `\u00a0${unit}`);
  }

  function definitions(kind, rows) {
    const pairs = rows.map(([term, text]) => K.element("div", {}, K.element("dt", {}, term), K.element("dd", {}, text)));
    return K.element("dl", { class: kind }, ...pairs);
  }
})(window.Kantong);
