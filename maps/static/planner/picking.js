"use strict";
// Picks, kept on the server: which shortlists there are, and every change on top of the version that was read.

(function (K) {
  K.Picking = class {
    constructor(model) {
      this.model = model;
      this.lists = new Map(); // id → shortlist, as the server last told it
      this.chosen = new Map(); // level → id of the shortlist on show
      this.me = { name: null, permissions: [] };
      this.busy = Promise.resolve();
    }

    get api() {
      return this.model.data.api;
    }

    async load() {
      const run = encodeURIComponent(this.model.data.run.id);
      const [me, lists] = await Promise.all([
        this.ask("GET", `${this.api}/me`),
        this.ask("GET", `${this.api}/runs/${run}/shortlists`),
      ]);
      this.me = me;
      for (const list of lists) this.lists.set(list.id, { ...list, items: [] });
      await this.show();
    }

    may(permission) {
      return this.me.permissions.includes(permission);
    }

    // The shortlists of the level on show; those that may be changed come first.
    ofLevel() {
      const own = [...this.lists.values()].filter((list) => list.level === this.model.level.id);
      return own.sort((one, other) => other.may_change - one.may_change);
    }

    get current() {
      const lists = this.ofLevel();
      return lists.find((list) => list.id === this.chosen.get(this.model.level.id)) || lists[0] || null;
    }

    codes() {
      return new Set(this.current ? this.current.items.map((item) => item.code) : []);
    }

    choose(id) {
      this.chosen.set(this.model.level.id, id);
      return this.show();
    }

    // Read the shortlist on show, whole.
    async show() {
      if (this.current) this.keep(await this.ask("GET", this.address(this.current)));
      this.model.tell(new Set(["picked"]));
    }

    begin(title) {
      return this.change(async () => {
        const run = encodeURIComponent(this.model.data.run.id);
        const made = await this.ask("POST", `${this.api}/runs/${run}/shortlists`, { title, level: this.model.level.id });
        this.chosen.set(made.level, made.id);
        return made;
      });
    }

    // Pick onto the shortlist on show; where there is none that may be changed, one is begun.
    async pick(code, reason, title) {
      if (!this.current || !this.current.may_change) await this.begin(title);
      await this.change((list) => this.ask("PUT", `${this.address(list)}/items/${encodeURIComponent(code)}`, { reason }, list));
    }

    unpick(code) {
      return this.change((list) => this.ask("DELETE", `${this.address(list)}/items/${encodeURIComponent(code)}`, null, list));
    }

    move(code, by) {
      return this.change((list) => {
        const order = list.items.map((item) => item.code);
        const from = order.indexOf(code);
        order.splice(from, 1);
        order.splice(from + by, 0, code);
        return this.ask("PATCH", this.address(list), { order }, list);
      });
    }

    rename(title) {
      return this.change((list) => this.ask("PATCH", this.address(list), { title }, list));
    }

    decide(decree) {
      return this.change((list) => this.ask("POST", `${this.address(list)}/decision`, decree, list));
    }

    async remove() {
      const list = this.current;
      await this.ask("DELETE", this.address(list), null, list);
      this.lists.delete(list.id);
      await this.show();
    }

    // One change after the other; when somebody was faster, what they did is read, and the person is told.
    change(make) {
      const next = this.busy.then(async () => {
        try {
          this.keep(await make(this.current));
        } catch (problem) {
          if (problem.status === 412) {
            await this.show();
            throw new Error(K.say("shortlist_stale"));
          }
          throw problem;
        } finally {
          this.model.tell(new Set(["picked"]));
        }
      });
      this.busy = next.catch(() => {});
      return next;
    }

    keep(list) {
      this.lists.set(list.id, list);
    }

    address(list) {
      return `${this.api}/shortlists/${encodeURIComponent(list.id)}`;
    }

    // A change stands on the version of the list that was read.
    ask(method, address, body, list) {
      return K.ask(method, address, body, list && { "If-Match": `"${list.version}"` });
    }
  };
})(window.Kantong);
