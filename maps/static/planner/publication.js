"use strict";
// How far the run is on its way to the public, and the step that whoever has signed in may take.

(function (K) {
  const DOERS = ["proposed", "approved", "withdrawn"];

  K.Publication = class {
    constructor(model) {
      this.model = model;
      this.menu = K.byId("publication");
      this.now = null;
    }

    get address() {
      return `${this.model.data.api}/runs/${encodeURIComponent(this.model.data.run.id)}`;
    }

    async load() {
      this.now = await this.model.picking.ask("GET", `${this.address}/publication`);
      this.show();
    }

    show(problem) {
      if (this.now === null) return;
      this.menu.hidden = false;
      K.byId("publication-state").textContent = K.say(`state_${this.now.state}`);
      const said = K.element("p", { role: "status" }, problem ? K.say("shortlist_failed", { why: problem }) : "");
      const steps = this.steps().map((step) => this.button(step));
      K.byId("publication-body").replaceChildren(...this.account(), said, ...steps);
    }

    account() {
      const lines = DOERS.filter((step) => this.now[`${step}_by`]).map((step) => {
        return K.say(`${step}_by`, { who: this.now[`${step}_by`], when: K.moment(this.now[`${step}_at`]) });
      });
      return (lines.length ? lines : [K.say("publication_hint")]).map((line) => K.element("p", {}, line));
    }

    steps() {
      const { picking } = this.model;
      const { state, proposed_by: proposer } = this.now;
      const mine = proposer === picking.me.name;
      const steps = [];
      if (["computed", "withdrawn"].includes(state) && picking.may("propose")) steps.push("propose");
      if (state === "proposed" && picking.may("approve") && !mine) steps.push("approve");
      if (state === "proposed" && (mine || picking.may("approve"))) steps.push("withdraw");
      if (state === "published" && picking.may("approve")) steps.push("withdraw");
      return steps;
    }

    button(step) {
      const button = K.element("button", { type: "button", class: "quiet" }, K.say(`step_${step}`));
      button.addEventListener("click", async () => {
        button.disabled = true;
        try {
          this.now = await this.model.picking.ask("POST", `${this.address}/${step}`);
          this.show();
        } catch (problem) {
          this.show(problem.message);
        }
        K.byId("publication-state").focus();
      });
      return button;
    }
  };
})(window.Kantong);
