// The page: its tabs, its colours, and each service's panel.

import { call, Problem } from "/console/api.js";
import { problemCard } from "/console/asking.js";
import { find, make } from "/console/dom.js";
import { startIntent } from "/console/intent.js";
import { startRecommendation } from "/console/recommendation.js";
import { startTranslation } from "/console/translation.js";

const PANELS = { intent: startIntent, translation: startTranslation, recommendation: startRecommendation };
const NAMES = Object.keys(PANELS);
const started = new Set();

/** Begin a panel the first time it is shown: each service loads its model for its first answer. */
async function start(name) {
  if (started.has(name)) return;
  started.add(name);
  try {
    await PANELS[name]();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    for (const waiting of find(name).querySelectorAll(".loading")) waiting.remove();
    const again = make("button", { type: "button", onclick: () => location.reload() }, "Try again");
    const card = problemCard(error.document);
    card.append(again);
    find(`${name}-request`).before(card);
  }
}

function show(name, focus = false) {
  for (const other of NAMES) {
    const tab = find(`tab-${other}`);
    tab.setAttribute("aria-selected", String(other === name));
    tab.tabIndex = other === name ? 0 : -1;
    find(other).hidden = other !== name;
  }
  if (focus) find(`tab-${name}`).focus();
  if (location.hash !== `#${name}`) history.replaceState(null, "", `#${name}`);
  return start(name);
}

function startTabs() {
  for (const [index, name] of NAMES.entries()) {
    const tab = find(`tab-${name}`);
    tab.addEventListener("click", () => show(name));
    tab.addEventListener("keydown", (event) => {
      const to = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: -1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      show(NAMES.at(to % NAMES.length), true);
    });
  }
  const wanted = () => (NAMES.includes(location.hash.slice(1)) ? location.hash.slice(1) : NAMES[0]);
  window.addEventListener("hashchange", () => show(wanted()));
  return show(wanted());
}

function startTheme() {
  const select = find("theme");
  select.value = document.documentElement.dataset.theme ?? "";
  select.addEventListener("change", () => {
    document.documentElement.dataset.theme = select.value;
    try {
      localStorage.setItem("theme", select.value);
    } catch {
      select.title = "The browser keeps nothing for this page: the choice ends with it.";
    }
  });
}

/** Which release and models answer. */
async function showModels() {
  try {
    const { body } = await call("GET", "/v1/models");
    find("version").textContent = body.version;
    find("footer").append("Models: ", ...body.models.flatMap((model, index) => [index ? " · " : "", make("span", { title: model.licence }, model.name)]));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    find("footer").append("Models: not told. ", error.message);
  }
}

startTheme();
await startTabs();
await showModels();
