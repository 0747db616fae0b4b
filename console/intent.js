// The intent panel: a message, what it wants, why, and the turn before.

import { call, property } from "/console/api.js";
import { Asker } from "/console/asking.js";
import { bar, countCharacters, find, make, notes, numberOf, percent } from "/console/dom.js";
import { withSlots, withWeights } from "/console/marking.js";

const EXAMPLES = 6;
const labels = new Map(); // name -> description, examples, slots
let known = {}; // slots of the conversation so far

const readable = (name) => name.replaceAll("_", " ");

function requestOf(text) {
  const fields = {
    top_k: numberOf(find("intent-top-k")),
    threshold: numberOf(find("intent-threshold")),
    country: find("intent-country").value.trim().toUpperCase() || null,
  };
  const body = { text };
  for (const [name, value] of Object.entries(fields)) if (value !== null) body[name] = value;
  if (find("intent-explain").checked) body.explain = true;
  const intent = find("context-intent").value;
  if (intent) {
    body.context = { intent };
    if (Object.keys(known).length) body.context.slots = known;
    const asked = find("context-slot").value.trim();
    if (asked) body.context.asked_slot = asked;
  }
  return body;
}

function verdict({ intent, abstained, about }) {
  if (intent) {
    const label = labels.get(intent.name);
    return make("div", { class: "verdict" },
      make("h3", {}, make("span", { class: "name" }, readable(intent.name)), make("span", { class: "sure" }, percent(intent.confidence))),
      bar(intent.confidence, "big"),
      label?.description ? make("p", { class: "hint" }, label.description) : null,
      about ? make("p", { class: "hint" }, `Read as an answer about: ${readable(about)}.`) : null);
  }
  const facts = [];
  if (abstained.language) facts.push(`Language: ${abstained.language}`);
  if (abstained.denied) facts.push(`Not wanted: ${readable(abstained.denied.name)}, ${percent(abstained.denied.confidence)}`);
  return make("div", { class: "verdict abstained" },
    make("h3", {}, make("span", { class: "name" }, `No intent: ${readable(abstained.reason)}`),
      abstained.confidence === undefined ? null : make("span", { class: "sure" }, percent(abstained.confidence))),
    make("p", {}, abstained.detail),
    facts.map((fact) => make("p", { class: "hint" }, fact)));
}

function competing(abstained, text) {
  const characters = [...text];
  return abstained?.competing?.length ? make("div", { class: "block" }, make("h4", {}, "These fit"),
    ranked(abstained.competing, ({ span }) => (span ? `“${characters.slice(span.start, span.end).join("").trim()}”` : null))) : null;
}

function ranked(scored, more = () => null) {
  return make("ul", { class: "ranked" }, scored.map((it) => make("li", { title: labels.get(it.name)?.description },
    make("span", { class: "name" }, readable(it.name), more(it) ? make("small", {}, more(it)) : null),
    bar(it.confidence), make("span", { class: "number" }, percent(it.confidence)))));
}

function slotBlock(text, slots) {
  if (!slots?.length) return null;
  const rows = slots.map((slot) => make("tr", {}, make("th", { scope: "row" }, readable(slot.name)),
    make("td", {}, slot.text), make("td", {}, slot.value ?? "–"), make("td", {}, percent(slot.confidence))));
  return make("div", { class: "block" }, make("h4", {}, "What it names"), withSlots(text, slots),
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Slots" },
      make("table", {}, make("thead", {}, make("tr", {}, ["Slot", "Words", "Value", "Sure"].map((it) => make("th", { scope: "col" }, it)))),
        make("tbody", {}, rows))));
}

function missingBlock(result) {
  if (!result.missing_slots?.length || !result.intent) return null;
  const ask = (slot) => {
    for (const { name, text, value } of result.slots ?? []) known[name] = value ?? text;
    setContext(result.intent.name, slot);
    find("intent-text").value = "";
    find("intent-text").focus();
  };
  return make("div", { class: "block" }, make("h4", {}, "Still missing; ask back for"),
    make("div", { class: "examples" }, result.missing_slots.map((slot) => make("button", { type: "button", onclick: () => ask(slot) }, readable(slot)))));
}

function explanationBlock({ explained, explanation }) {
  if (!explanation?.length) return null;
  return make("div", { class: "block" },
    make("h4", {}, "What each word counts for ", make("em", {}, readable(explained))),
    withWeights(explanation),
    make("p", { class: "hint legend" }, make("span", { class: "swatch for" }), " for it, ", make("span", { class: "swatch against" }), " against it: by how much its probability falls or rises without the word"));
}

function render(text, body) {
  const [result] = body.results;
  const others = result.alternatives.length
    ? make("div", { class: "block" }, make("h4", {}, result.intent ? "Other intents" : "Nearest intents"), ranked(result.alternatives)) : null;
  const summary = result.intent
    ? `${readable(result.intent.name)}, ${percent(result.intent.confidence)}` : `No intent: ${readable(result.abstained.reason)}`;
  const elements = [verdict(result), competing(result.abstained, text), slotBlock(text, result.slots), missingBlock(result),
    explanationBlock(result), others, notes("Said with the answer", body.warnings), make("p", { class: "model" }, body.model)];
  return { elements: elements.filter(Boolean), summary };
}

function setContext(intent, slot) {
  find("context-intent").value = intent;
  find("context-slot").value = slot;
  find("intent-context").open = Boolean(intent);
  const facts = Object.entries(known).map(([name, value]) => `${readable(name)}: ${value}`);
  find("context-known").textContent = facts.length ? `Known already: ${facts.join(", ")}` : "";
}

function offerSlots(all) {
  const own = labels.get(find("context-intent").value)?.slots;
  find("context-slots").replaceChildren(...(own?.length ? own : all).map((name) => make("option", { value: name })));
}

/** One example of each of some labels, spread over all of them. */
function someExamples() {
  const all = [...labels.values()].filter((label) => label.examples.length);
  const step = Math.max(1, Math.floor(all.length / EXAMPLES));
  return all.filter((_, index) => index % step === 0).slice(0, EXAMPLES).map((label) => label.examples[0]);
}

/** Fill the panel from what the service knows, and answer its form. */
export async function startIntent() {
  const field = find("intent-text");
  const asker = new Asker(find("intent-result"), find("intent-request"));
  asker.follows = true;
  asker.say("Write a message, or choose one of the examples.");
  const send = () => {
    const text = field.value;
    return asker.ask("POST", "/v1/intent", requestOf(text), (body) => render(text, body));
  };
  find("intent-form").addEventListener("submit", (event) => { event.preventDefault(); send(); });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  const { maxLength } = await property("IntentRequest", "text");
  const count = countCharacters(field, find("intent-count"), () => maxLength);
  for (const [id, name] of [["intent-top-k", "top_k"], ["intent-threshold", "threshold"]]) {
    const { minimum, maximum } = await property("IntentRequest", name);
    if (minimum !== undefined) find(id).min = minimum;
    if (maximum !== undefined) find(id).max = maximum;
  }
  const { body } = await call("GET", "/v1/intent/labels");
  for (const label of body.labels) labels.set(label.name, label);
  const slots = body.slots ?? [];
  find("context-intent").append(...body.labels.map(({ name }) => make("option", { value: name }, readable(name))));
  find("context-intent").addEventListener("change", () => { known = {}; setContext(find("context-intent").value, ""); find("intent-context").open = true; offerSlots(slots); });
  offerSlots(slots);
  find("intent-examples").replaceChildren(...someExamples().map((example) => make("button", {
    type: "button", onclick: () => { field.value = example; count(); send(); },
  }, example)));
}
