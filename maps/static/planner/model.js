"use strict";
// What is chosen, and what follows from it: figures, ranks and classes. Views listen and redraw.

(function (K) {
  const START = { level: "kelurahan", measure: "m0", district: "", filter: null, selected: null, hovered: null };

  const ABOVE = new Set(["provinsi", "kota", "kecamatan"]);
  const QUESTION = ["weights", "cutoff", "agency", "desil"]; // what a what-if adds to the address
  const ORDER = ["ranked", "nobody_poor", "unmeasured", "hidden", "empty", "unknown"];

  // Kinds of places without a value, as the map and the key show them.
  K.ABSENCES = ORDER.slice(1);

  K.Model = class {
    constructor(data) {
      this.data = data;
      this.levels = new Map(data.levels.map((level) => [level.id, level]));
      this.measures = new Map(data.measures.map((measure) => [measure.id, measure]));
      this.answers = new Map(); // level → figures under other weights
      this.ranked = new Map();
      this.listeners = [];
      this.question = {}; // what differs from the run, as the address says it
      this.picking = null; // who has signed in to a server picks
      this.state = { ...START, ...this.fromAddress() };
      if (!this.levels.has(this.state.level)) this.state.level = data.levels[0].id;
      if (!this.has(this.state.measure)) this.state.measure = START.measure;
    }

    get level() {
      return this.levels.get(this.state.level);
    }

    get measure() {
      return this.measures.get(this.state.measure);
    }

    // A layer beside the register may be known at some levels only.
    has(measure, level = this.level) {
      return this.measures.has(measure) && measure in level.columns;
    }

    listen(listener) {
      this.listeners.push(listener);
    }

    // Change the state and tell every view which parts of it are new.
    set(changes) {
      const changed = Object.keys(changes).filter((key) => this.state[key] !== changes[key]);
      if (changed.length === 0) return;
      Object.assign(this.state, changes);
      this.tell(new Set(changed));
    }

    tell(changed) {
      for (const listener of this.listeners) listener(changed);
      this.toAddress();
    }

    showLevel(level, selected = null) {
      const measure = this.has(this.state.measure, this.levels.get(level)) ? this.state.measure : START.measure;
      this.set({ level, measure, selected, hovered: null });
    }

    // Weights change the register's figures, and no layer beside it.
    answer(level, { columns, classes, deviation }) {
      const told = this.levels.get(level);
      this.answers.set(level, {
        columns: { ...this.layers(told.columns), ...columns },
        classes: { ...this.layers(told.classes), ...classes },
        deviation,
      });
      this.ranked.clear();
      this.tell(new Set(["figures"]));
    }

    forgetAnswers() {
      this.answers.clear();
      this.ranked.clear();
      this.tell(new Set(["figures"]));
    }

    layers(byMeasure) {
      const own = Object.entries(byMeasure).filter(([id]) => this.measures.has(id) && this.measures.get(id).group === "layer");
      return Object.fromEntries(own);
    }

    figures(level = this.level) {
      return this.answers.get(level.id) || level;
    }

    value(index, measure = this.measure) {
      return this.figures().columns[measure.id][index];
    }

    status(index) {
      return this.figures().columns.status[index];
    }

    // Why a place has no value of a measure: what is known of the place, never of the figure.
    absence(index, measure, { status, households } = this.figures().columns) {
      const told = this.measures.get(measure);
      if (told && told.group === "layer" && !told.of_families) return "unknown";
      if (status[index] !== "shown") return status[index];
      if (!households[index]) return "unmeasured";
      return measure === "a" ? "nobody_poor" : "hidden";
    }

    // Rank 1 is the worst-off and equal values share a rank. Without a value there is no rank: zones without
    // a poor household for A come after the ranked ones, then the hidden, then the empty.
    ranking(figures = this.figures()) {
      const key = `${this.state.level} ${this.state.measure} ${figures === this.level}`;
      if (!this.ranked.has(key)) this.ranked.set(key, this.rankZones(figures.columns, this.state.measure));
      return this.ranked.get(key);
    }

    classOf(index) {
      const value = this.value(index);
      const classes = this.figures().classes[this.state.measure];
      if (value === null || classes.length === 0) return null;
      const [style] = classes.find(([, lower]) => value >= lower) || classes[classes.length - 1];
      return this.data.styles[style];
    }

    isPicked(index) {
      return this.picking !== null && this.picking.codes().has(this.level.columns.code[index]);
    }

    picked() {
      if (this.picking === null) return [];
      const codes = this.picking.codes();
      return this.level.columns.code.flatMap((code, index) => (codes.has(code) ? [index] : []));
    }

    // "Kelurahan" inside a sentence is small; "RW" is no word.
    levelWord() {
      const label = K.label(this.level.label);
      return this.level.id === "rw" ? label : label.charAt(0).toLowerCase() + label.slice(1);
    }

    // Whether a place is among the poorest for certain, possibly, or not: from the interval of its rank by M0.
    priority(index) {
      const { rank_low: low, rank_high: high } = this.figures().columns;
      if (this.state.measure !== "m0" || !low || low[index] === null) return null;
      if (high[index] <= this.level.listed) return "certain";
      return low[index] <= this.level.listed ? "possible" : "not";
    }

    // Cells are too many and too small to be hatched.
    isUncertain(index) {
      return !this.level.cells && this.priority(index) === "possible";
    }

    within(index) {
      const { district } = this.state;
      const inside = !district || !this.isDivided() || this.level.district[index] === district;
      return inside && this.passes(index);
    }

    // Whether the places of the level lie within a kecamatan.
    isDivided() {
      return !ABOVE.has(this.level.id);
    }

    // A place without a value passes no filter; a filter by what a level does not have does not apply there.
    passes(index) {
      const { filter } = this.state;
      if (filter === null || !this.has(filter.measure)) return true;
      const value = this.value(index, this.measures.get(filter.measure));
      if (value === null) return false;
      return filter.bound === "least" ? value >= filter.value : value <= filter.value;
    }

    name(index, level = this.level) {
      if (!level.cells) return level.columns.name[index];
      const place = level.within[index];
      return place ? K.say("cell_in", { place }) : K.say("cell_at_edge");
    }

    aside(index, level = this.level) {
      if (level.cells) return shortCode(level.columns.code[index]);
      return level.within[index] || "";
    }

    topChanges(top) {
      const codes = (ranking) => ranking.rows.filter((row) => row.rank && row.rank <= top).map((row) => row.index);
      const before = new Set(codes(this.ranking(this.level)));
      return codes(this.ranking()).filter((index) => !before.has(index)).length;
    }

    fromAddress() {
      const wanted = new URLSearchParams(location.hash.slice(1));
      const found = {};
      for (const key of ["level", "measure", "district"]) if (wanted.get(key)) found[key] = wanted.get(key);
      const [measure, bound, value] = (wanted.get("filter") || "").split(":");
      if (this.measures.has(measure) && Number.isFinite(Number(value))) found.filter = { measure, bound, value: Number(value) };
      for (const key of QUESTION) if (wanted.get(key)) this.question[key] = wanted.get(key);
      const level = this.levels.get(found.level || START.level);
      const index = level ? level.columns.code.indexOf(wanted.get("place")) : -1;
      return index < 0 ? found : { ...found, selected: index };
    }

    toAddress() {
      const { level, measure, district, filter, selected } = this.state;
      const address = new URLSearchParams({ level, measure });
      if (district) address.set("district", district);
      if (filter) address.set("filter", [filter.measure, filter.bound, filter.value].join(":"));
      if (selected !== null) address.set("place", this.level.columns.code[selected]);
      for (const [key, value] of Object.entries(this.question)) address.set(key, value);
      history.replaceState(null, "", `#${address}`);
    }

    rankZones(columns, measure) {
      const rows = columns[measure].map((value, index) => {
        return { index, value, rank: null, kind: value === null ? this.absence(index, measure, columns) : "ranked" };
      });
      const order = (row) => ORDER.indexOf(row.kind);
      rows.sort((one, other) => order(one) - order(other) || other.value - one.value || one.index - other.index);
      rows.forEach((row, place) => {
        if (row.kind !== "ranked") return;
        const above = rows[place - 1];
        row.rank = above && above.value === row.value ? above.rank : place + 1;
      });
      const byIndex = new Array(rows.length);
      for (const row of rows) byIndex[row.index] = row;
      return { rows, byIndex, ranked: rows.filter((row) => row.rank).length };
    }
  };

  const shortCode = (code) => code.replace(/f+$/, "");
})(window.Kantong);
