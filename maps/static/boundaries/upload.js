/* Sends the form without leaving the page, so that the chosen file stays, and draws the report's map. */
(() => {
  "use strict";

  const form = document.getElementById("upload");
  const busy = document.getElementById("busy");
  const PARTS = ["answer", "versions"];

  function draw() {
    const data = document.getElementById("data");
    if (!data) return;
    const [west, south, east, north] = JSON.parse(data.textContent).bounds;
    const map = L.map("defect-map", { preferCanvas: true, attributionControl: false, zoomSnap: 0.25 });
    map.fitBounds([[south, west], [north, east]], { padding: [16, 16], animate: false });
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    KantongReport.start(map);
  }

  function refused(text) {
    const line = document.createElement("p");
    line.className = "problem";
    line.setAttribute("role", "alert");
    line.textContent = text;
    document.getElementById("answer").replaceChildren(line);
  }

  // A page comes with the answer; what never reached the form is refused as a problem document.
  async function show(response) {
    const text = await response.text();
    if (!(response.headers.get("Content-Type") || "").startsWith("text/html")) {
      const problem = JSON.parse(text);
      refused(problem.detail || problem.title);
      return;
    }
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const id of PARTS) document.getElementById(id).replaceWith(page.getElementById(id));
    draw();
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    const buttons = form.querySelectorAll("button");
    for (const button of buttons) button.disabled = true;
    document.getElementById("answer").replaceChildren();
    busy.textContent = "Sedang dikirim dan diperiksa …";
    try {
      await show(await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } }));
    } catch {
      refused("Server tidak menjawab. Coba lagi.");
    }
    busy.textContent = "";
    for (const button of buttons) button.disabled = false;
    document.getElementById("answer").scrollIntoView({ block: "nearest" });
  });

  draw();
})();
