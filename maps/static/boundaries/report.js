/* Draws units and defects, and keeps the list and the map together. */
const KantongReport = (() => {
  "use strict";

  const STOPS = { color: "#a3161b", weight: 3, fillColor: "#d7301f", fillOpacity: 0.55 };
  const MIND = { color: "#7a4a00", weight: 2, fillColor: "#fdae61", fillOpacity: 0.65, dashArray: "4 3" };
  const CLOSEST = 18;

  function escaped(text) {
    const box = document.createElement("span");
    box.textContent = text;
    return box;
  }

  function drawn(defect) {
    const style = defect.stops ? STOPS : MIND;
    const layer = L.geoJSON(defect.geometry, {
      style,
      pointToLayer: (_, place) => L.circleMarker(place, { ...style, radius: 7 }),
    });
    const box = document.createElement("div");
    for (const text of [defect.title, defect.text, defect.advice]) {
      const line = document.createElement("p");
      line.textContent = text;
      box.append(line);
    }
    return layer.bindPopup(box);
  }

  function listed(map, defect, layer) {
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = `${defect.title}: ${defect.text}`;
    button.classList.toggle("stops", defect.stops);
    if (layer) {
      button.addEventListener("click", () => {
        map.fitBounds(layer.getBounds(), { maxZoom: CLOSEST, padding: [40, 40] });
        layer.openPopup(layer.getBounds().getCenter());
      });
    }
    item.append(button);
    return item;
  }

  function start(map) {
    const data = JSON.parse(document.getElementById("data").textContent);
    L.geoJSON(data.units, {
      style: { color: "#566370", weight: 1, fillColor: "#9fb0c0", fillOpacity: 0.12 },
      onEachFeature: (feature, layer) => layer.bindTooltip(escaped(feature.properties.label)),
    }).addTo(map);
    const list = document.getElementById("defects");
    const groups = new Map();
    for (const defect of data.defects) {
      const layer = defect.geometry ? drawn(defect).addTo(map) : null;
      const item = listed(map, defect, layer);
      list.append(item);
      if (!groups.has(defect.defect)) groups.set(defect.defect, []);
      groups.get(defect.defect).push({ item, layer });
    }
    for (const box of document.querySelectorAll("input[data-defect]")) {
      box.addEventListener("change", () => {
        for (const { item, layer } of groups.get(box.dataset.defect) ?? []) {
          item.hidden = !box.checked;
          if (layer) box.checked ? layer.addTo(map) : layer.remove();
        }
      });
    }
  }

  return { start };
})();
