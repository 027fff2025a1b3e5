"use strict";
// Put the views around the map that Folium made, and keep them in step.

(function (K) {
  const NARROW = window.matchMedia("(max-width: 820px)");

  const PAPER = 700; // pixels that fit across an upright A4 sheet

  K.start = function (map) {
    const data = JSON.parse(K.byId("data").textContent);
    K.setUpText(data.strings);
    const model = new K.Model(data);
    const zones = new K.Zones(map, model);
    const scenery = new K.Scenery(map, model);
    const ranking = new K.Ranking(model);
    const profile = new K.Profile(model);
    const choices = new K.Choices(model);
    const filter = new K.Filter(model);
    const legend = new K.Legend(model, scenery);
    const whatIf = data.api === null ? null : new K.WhatIf(model);
    new K.Search(model);
    new K.About(model);
    const panel = drawer();
    const publication = new K.Publication(model);
    const printing = data.api === null ? null : new K.Printing(model);
    const shortlist = K.byId("shortlist") ? pickers(model, ranking, profile) : null;
    profile.printing = printing;
    if (shortlist) shortlist.printing = printing;

    function translate() {
      K.translatePage();
      map.getContainer().setAttribute("aria-label", K.say("map_label"));
      nameZoom(map);
      K.byId("specification").textContent = K.label(data.specification.label);
      choices.write();
      filter.write();
      if (whatIf) whatIf.write();
      if (shortlist) shortlist.show();
      if (printing) printing.write();
      publication.show();
    }

    function drawAll() {
      zones.show();
      scenery.show();
      zones.mark();
      legend.show();
      ranking.show();
      profile.show();
    }

    function draw(changed) {
      const has = (...keys) => keys.some((key) => changed.has(key));
      if (has("level")) {
        zones.show();
        scenery.show();
      } else if (has("measure", "district", "filter", "figures")) zones.paint();
      if (has("district")) zones.frame(model.state.district, profileSpace());
      if (has("level", "measure", "figures")) legend.show();
      if (has("level", "measure", "district")) choices.show();
      if (has("level")) filter.show();
      if (has("level", "measure", "district", "filter", "figures")) ranking.show();
      if (has("level", "measure", "selected", "figures")) profile.show();
      if (has("picked", "level") && shortlist) shortlist.show();
      if (printing && has("level", "measure")) printing.suggest();
      if (printing && has("level", "selected")) printing.show();
      if (has("picked")) {
        legend.show();
        profile.show();
      }
      if (has("level", "selected", "hovered", "picked")) {
        zones.mark();
        ranking.mark();
      }
      if (shortlist && has("level")) shortlist.try(shortlist.picking.show());
      if (has("level", "selected") && model.state.selected !== null) follow();
      if (whatIf && has("level")) {
        whatIf.show();
        if (whatIf.moved()) whatIf.ask();
      }
      if (whatIf && has("measure")) whatIf.told();
    }

    function follow() {
      panel.close();
      ranking.reveal(model.state.selected);
      const stage = map.getContainer().getBoundingClientRect();
      const legend = K.byId("legend").getBoundingClientRect();
      zones.reveal(profileSpace(), { right: legend.right - stage.left, top: legend.top - stage.top });
    }

    function profileSpace() {
      const box = K.byId("profile").getBoundingClientRect();
      return NARROW.matches ? [0, box.height] : [box.width, 0];
    }

    K.byId("language").addEventListener("click", (event) => {
      const other = K.language;
      K.language = other === "id" ? "en" : "id";
      Object.assign(event.target, { textContent: other.toUpperCase(), lang: other });
      event.target.setAttribute("aria-label", other === "id" ? "ID, Bahasa Indonesia" : "EN, English");
      translate();
      drawAll();
      if (whatIf) whatIf.told();
    });
    map.on("click", () => model.set({ selected: null }));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !document.querySelector("dialog[open]")) model.set({ selected: null });
    });
    closeMenus();
    printWhole(map.getContainer());
    new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());

    const container = map.getContainer();
    container.setAttribute("role", "region");
    K.byId("legend").open = !NARROW.matches;
    translate();
    drawAll();
    model.listen(draw);
    if (whatIf) whatIf.restore();
    if (model.state.selected !== null) follow();
    if (shortlist) shortlist.try(model.picking.load().then(() => publication.load()));
  };

  // Whoever has signed in picks: with P in the list, with the button in the profile.
  function pickers(model, ranking, profile) {
    model.picking = new K.Picking(model);
    const shortlist = new K.Shortlist(model, model.picking);
    ranking.onPick = profile.onPick = (index) => shortlist.toggle(index);
    return shortlist;
  }

  function nameZoom(map) {
    const { _zoomInButton: closer, _zoomOutButton: wider } = map.zoomControl;
    for (const [button, key] of [[closer, "zoom_in"], [wider, "zoom_out"]]) {
      button.title = K.say(key);
      button.setAttribute("aria-label", K.say(key));
    }
  }

  // Paper has another width, but the map's picture keeps its own: print that picture, made to fit.
  function printWhole(container) {
    window.addEventListener("beforeprint", () => {
      const { width, height } = container.getBoundingClientRect();
      const zoom = Math.min(1, PAPER / width);
      Object.assign(container.style, { width: `${width}px`, height: `${height}px`, zoom });
    });
    window.addEventListener("afterprint", () => {
      Object.assign(container.style, { width: "", height: "", zoom: "" });
    });
  }

  function closeMenus() {
    const menus = [...document.querySelectorAll("details.menu")];
    const close = (event) => {
      for (const menu of menus) if (event.key === "Escape" || !menu.contains(event.target)) menu.open = false;
    };
    for (const kind of ["click", "keydown"]) document.addEventListener(kind, close);
  }

  // On a narrow screen the panel is a drawer over the map.
  function drawer() {
    const button = K.byId("open-panel");
    const show = (open) => {
      document.body.classList.toggle("panel-open", open);
      button.setAttribute("aria-expanded", String(open));
      button.dataset.text = open ? "close_panel" : "open_panel";
      button.textContent = K.say(button.dataset.text);
    };
    button.addEventListener("click", () => show(!document.body.classList.contains("panel-open")));
    return { close: () => show(false) };
  }
})(window.Kantong);
