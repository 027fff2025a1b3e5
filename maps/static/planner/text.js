"use strict";
// Words, numbers and elements. Everything the page shows goes through here as text, never as markup.

window.Kantong = {};

(function (K) {
  const LOCALES = { id: "id-ID", en: "en-GB" };

  K.setUpText = function (strings) {
    K.strings = strings;
    K.language = "id";
  };

  K.say = function (key, values) {
    const text = K.strings[K.language][key];
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  };

  K.label = (label) => label[K.language];

  K.number = function (value, decimals = 0) {
    if (value === null || value === undefined) return "–";
    const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    return new Intl.NumberFormat(LOCALES[K.language], digits).format(value).replace("-", "−");
  };

  K.percent = function (share, decimals = 1) {
    if (share === null || share === undefined) return "–";
    return K.number(share * 100, decimals) + (K.language === "id" ? "\u00a0%" : "%");
  };

  K.date = (iso) => new Intl.DateTimeFormat(LOCALES[K.language], { dateStyle: "long", timeZone: "UTC" }).format(new Date(iso));

  K.moment = (iso) => new Intl.DateTimeFormat(LOCALES[K.language], { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));

  K.figure = function (measure, value) {
    const write = measure.scale === "share" ? K.percent : K.number;
    return write(value, measure.decimals);
  };

  // "tanah sareal" finds "Tanahsareal": case, spaces, accents and hyphens do not count.
  K.fold = (text) =>
    text
      .normalize("NFD")
      .toLowerCase()
      .replace(/[^\p{Letter}\p{Number}]/gu, "");

  K.element = function (tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === false || value === null || value === undefined) continue;
      element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  };

  K.byId = (id) => document.getElementById(id);

  // Words that stand in the page itself carry the key of their text.
  K.translatePage = function () {
    document.documentElement.lang = K.language;
    for (const element of document.querySelectorAll("[data-text]")) {
      element.textContent = K.say(element.dataset.text);
    }
    for (const element of document.querySelectorAll("[data-label]")) {
      element.setAttribute("aria-label", K.say(element.dataset.label));
    }
    for (const element of document.querySelectorAll("[data-placeholder]")) {
      element.placeholder = K.say(element.dataset.placeholder);
    }
  };
})(window.Kantong);
