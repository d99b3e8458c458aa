// Copyright (c) 2026, the entra.cross_tenant_sync authors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
"use strict";
(() => {
  const PAGE = 100;
  const SVG = "http://www.w3.org/2000/svg";
  const LABELS = ["User", "State", "Address book", "Reason and remedy"];

  const element = (name, attributes = {}, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };

  const badge = ([text, tone, form]) => {
    const symbol = document.createElementNS(SVG, "svg");
    const use = document.createElementNS(SVG, "use");
    const attributes = {class: `symbol ${tone}`, width: 16, height: 16, "aria-hidden": "true", focusable: "false"};
    for (const [key, value] of Object.entries(attributes)) symbol.setAttribute(key, value);
    use.setAttribute("href", `#s-${form}`);
    symbol.append(use);
    return element("span", {class: `badge ${tone}`}, symbol, element("span", {}, text));
  };

  const number = (value) => value.toLocaleString("en").replaceAll(",", "\u202f");

  // The users of a link: a page of those who match the search and the selected states.
  const show = (part) => {
    const {texts, looks, rows} = JSON.parse(part.querySelector("script").textContent);
    const find = (selector) => part.querySelector(selector);
    const search = find("[data-search]");
    const choices = [[find("[data-state]"), 2], [find("[data-book]"), 3]];
    const [status, body, pages] = [find("[data-status]"), find("tbody"), find(".pages")];
    const [back, on] = pages.querySelectorAll("button");
    const words = rows.map((row) => row.map((value) => (typeof value === "string" ? value : texts[value] || "")).join("\n").toLowerCase());
    let found = [];
    let page = 0;

    const text = (row, column) => (row[column] < 0 ? null : texts[row[column]]);
    const cell = (column, ...children) =>
      element(column ? "td" : "th", {role: column ? "cell" : "rowheader", "data-label": LABELS[column], ...(column ? {} : {scope: "row"})},
        element("div", {}, ...children));
    const line = (row) => {
      const book = text(row, 3);
      const remedy = text(row, 5);
      return element("tr", {role: "row"},
        cell(0, element("span", {class: "name"}, row[0]), ...(row[1] ? [element("span", {class: "target"}, row[1])] : [])),
        cell(1, badge(looks[text(row, 2)])),
        cell(2, book ? badge(looks[book]) : element("span", {class: "quiet"}, "not asked")),
        cell(3, text(row, 4) || "", ...(remedy ? [element("span", {class: "remedy"}, remedy)] : [])));
    };

    const draw = () => {
      const last = Math.max(0, Math.ceil(found.length / PAGE) - 1);
      page = Math.min(Math.max(page, 0), last);
      const begin = page * PAGE;
      const shown = found.slice(begin, begin + PAGE);
      body.replaceChildren(...shown.map((index) => line(rows[index])));
      const range = found.length > PAGE ? `, ${number(begin + 1)} to ${number(begin + shown.length)} shown` : "";
      status.textContent = `${number(found.length)} of ${number(rows.length)} users${range}.`;
      pages.hidden = last === 0;
      pages.querySelector("[data-page]").textContent = `Page ${number(page + 1)} of ${number(last + 1)}`;
      for (const [button, ends] of [[back, page === 0], [on, page === last]]) button.setAttribute("aria-disabled", String(ends));
    };
    const filter = () => {
      const wanted = search.value.trim().toLowerCase().split(/\s+/);
      const selected = choices.filter(([select]) => select.value !== "").map(([select, column]) => [Number(select.value), column]);
      const matches = (row, index) =>
        selected.every(([value, column]) => row[column] === value) && wanted.every((word) => words[index].includes(word));
      found = rows.flatMap((row, index) => (matches(row, index) ? [index] : []));
      page = 0;
      draw();
    };
    const turn = (step) => {
      if (page + step < 0 || (page + step) * PAGE >= found.length) return;
      page += step;
      draw();
      part.scrollIntoView({block: "start"});
    };

    for (const [select, column] of choices) {
      const values = [...new Set(rows.map((row) => row[column]))].filter((value) => value >= 0);
      select.append(...values.map((value) => element("option", {value: String(value)}, looks[texts[value]][0])));
      select.parentElement.hidden = values.length === 0;
      select.addEventListener("change", filter);
    }
    let waiting;
    search.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(filter, 120);
    });
    back.addEventListener("click", () => turn(-1));
    on.addEventListener("click", () => turn(1));
    find(".tools").hidden = false;
    filter();
  };

  // A folded link shows its users when it is opened.
  for (const part of document.querySelectorAll("[data-users]")) {
    const link = part.closest("details.link");
    if (!link || link.open) show(part);
    else link.addEventListener("toggle", () => show(part), {once: true});
  }

  // A link in the overview leads to a folded one as well.
  const unfold = () => {
    const target = document.getElementById(location.hash.slice(1));
    const link = target && target.closest("details");
    if (link && !link.open) {
      link.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", unfold);
  unfold();

  // Paper shows everything of the links that are open.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details.fold:not([open])")];
    for (const one of folded) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of folded) one.open = false;
  });
})();
