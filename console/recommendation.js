// The recommendation panel: products become a history, and the recommendations follow it.

import { property } from "/console/api.js";
import { Asker } from "/console/asking.js";
import { bar, debounce, find, make, notes, numberOf } from "/console/dom.js";

const SHELF = 24; // products that are shown to choose from
const DIGITS = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
const PAUSE_MS = 150; // between the last change and the request
const titles = new Map();
let history = []; // of {item_id, event}, oldest first
let kinds = []; // of events
let places = new Map(); // item -> place in the answer before
let asker;
let shelf;

const titleOf = (id) => titles.get(id) ?? id;
const chosenKind = () => find("kinds").querySelector("input:checked")?.value;

function add(id) {
  const kind = chosenKind();
  history.push(kind ? { item_id: id, event: kind } : { item_id: id });
  changed();
}

function showHistory() {
  find("history-empty").hidden = history.length > 0;
  find("clear-history").hidden = history.length === 0;
  find("history").replaceChildren(...history.map((event, index) => {
    const select = make("select", { "aria-label": `What was done with ${titleOf(event.item_id)}` }, kinds.map((kind) => make("option", { value: kind }, kind)));
    select.value = event.event;
    select.addEventListener("change", () => { event.event = select.value; update(); });
    const remove = make("button", { type: "button", "aria-label": `Remove ${titleOf(event.item_id)}`, onclick: () => {
      history.splice(index, 1);
      changed();
      (find("history").querySelectorAll("button")[Math.min(index, history.length - 1)] ?? find("products").querySelector("button"))?.focus();
    } }, "×");
    return make("li", {}, make("span", { class: "title" }, titleOf(event.item_id)), select, remove);
  }));
}

function requestOf() {
  const body = { history, explain: true };
  if (numberOf(find("k")) !== null) body.k = numberOf(find("k"));
  if (Number(find("diversity").value)) body.diversity = Number(find("diversity").value);
  if (!find("exclude-seen").checked) body.exclude_seen = false;
  const filter = find("filter").value.trim();
  if (filter) body.filter = JSON.parse(filter);
  return body;
}

function movement(id, place) {
  if (!places.size) return null;
  const before = places.get(id);
  if (before === undefined) return make("span", { class: "moved new" }, "new");
  if (before === place) return null;
  const up = before > place;
  return make("span", { class: `moved ${up ? "up" : "down"}` }, make("span", { class: "unseen" }, up ? "up by " : "down by "),
    make("span", { "aria-hidden": "true" }, up ? "▲" : "▼"), `${Math.abs(before - place)}`);
}

function reasons(because) {
  if (!because?.length) return null;
  const names = because.map(({ item_id: id, weight }) => `${titleOf(id)} (${weight > 0 ? "+" : "−"}${Math.abs(weight).toFixed(2)})`);
  return make("p", { class: "because" }, `because of ${names.join(", ")}`);
}

function render(body) {
  const scores = body.items.map((item) => item.score);
  const [least, most] = [Math.min(...scores, 0), Math.max(...scores)];
  for (const item of body.items) titles.set(item.item_id, item.title);
  const list = make("ol", { class: "items" }, body.items.map((item, place) => make("li", {},
    make("div", { class: "item-head" },
      make("button", { type: "button", class: "title", title: "Add to the history", onclick: () => add(item.item_id) }, item.title),
      movement(item.item_id, place)),
    make("div", { class: "score" }, bar(most > least ? (item.score - least) / (most - least) : 1),
      make("span", { class: "number" }, item.score.toLocaleString("en", DIGITS)),
      make("button", { type: "button", class: "link", "aria-label": `Similar to ${item.title}`, onclick: () => showSimilar(item) }, "Similar")),
    reasons(item.because))));
  places = new Map(body.items.map((item, place) => [item.item_id, place]));
  const elements = [body.items.length ? list : make("p", { class: "empty" }, "No product is left; loosen the filter."),
    notes("Said with the answer", body.warnings), make("p", { class: "model" }, body.model)];
  return { elements: elements.filter(Boolean), summary: `${body.items.length} recommended: ${body.items.slice(0, 3).map((item) => item.title).join(", ")}` };
}

async function update() {
  find("diversity-value").textContent = find("diversity").value;
  const field = find("filter");
  try {
    const request = requestOf();
    find("filter-error").textContent = "";
    field.removeAttribute("aria-invalid");
    await asker.ask("POST", "/v1/recommendations", request, render);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    field.setAttribute("aria-invalid", "true");
    find("filter-error").textContent = `Not yet JSON: ${error.message}`;
  }
}

function changed() {
  showHistory();
  update();
}

function renderShelf(body) {
  for (const item of body.items) titles.set(item.item_id, item.title);
  const products = body.items.map((item) => make("li", {}, make("button", { type: "button", class: "product", onclick: () => add(item.item_id) },
    make("span", { class: "title" }, item.title), make("small", {}, item.item_id))));
  return { elements: [make("ul", { class: "products" }, products)], summary: `${products.length} products to choose from` };
}

function showPopular() {
  find("products-title").textContent = "Popular products";
  find("show-popular").hidden = true;
  return shelf.ask("GET", `/v1/items/popular?k=${SHELF}`, undefined, renderShelf);
}

function showSimilar(item) {
  find("products-title").textContent = `Like ${item.title}`;
  find("show-popular").hidden = false;
  return shelf.ask("GET", `/v1/items/${encodeURIComponent(item.item_id)}/similar?k=${SHELF}`, undefined, renderShelf);
}

/** Fill the panel with popular products, and recommend to a shopper of whom nothing is known. */
export async function startRecommendation() {
  asker = new Asker(find("recommendation-result"), find("recommendation-request"));
  shelf = new Asker(find("products"));
  kinds = (await property("HistoryEvent", "event")).enum ?? [];
  find("kinds").append(...kinds.map((kind, index) => make("label", {},
    make("input", { type: "radio", name: "kind", value: kind, checked: index === 0 }), make("span", {}, kind))));
  const { minimum, maximum } = await property("RecommendationRequest", "k");
  Object.assign(find("k"), { min: minimum ?? "", max: maximum ?? "" });
  const later = debounce(update, PAUSE_MS);
  for (const id of ["k", "diversity", "filter"]) find(id).addEventListener("input", later);
  find("exclude-seen").addEventListener("change", update);
  find("recommendation-form").addEventListener("submit", (event) => { event.preventDefault(); update(); });
  find("show-popular").addEventListener("click", showPopular);
  find("clear-history").addEventListener("click", () => { history = []; changed(); find("products").querySelector("button")?.focus(); });
  await showPopular();
  await update();
}
