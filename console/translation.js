// The translation panel: two texts side by side, what was kept, and what someone should read.

import { call, property } from "/console/api.js";
import { Asker } from "/console/asking.js";
import { countCharacters, find, make, notes, numberOf, percent } from "/console/dom.js";
import { keptIn, withPhrases } from "/console/marking.js";

// Texts to begin with, in English, which every model of this product reads or writes.
const EXAMPLES = [
  { name: "Mail", text: "Hello {name}, your order 48213 is on its way.\nhttps://shop.example/t/48213" },
  { name: "Markup", text: "<p>The <b>shoes</b> are back in stock for $89.90.</p>", format: "html" },
  { name: "Glossary", text: "The Cloud Runner is back. You can pay with your store credit.", terms: [["Cloud Runner", "Cloud Runner"]] },
];
let languages = [];

const nameOf = (code) => languages.find((it) => it.code === code)?.name ?? code;
const option = (value, text) => make("option", { value }, text);

function offerTargets() {
  const [source, target] = [find("source"), find("target")];
  const served = languages.find((it) => it.code === source.value)?.targets
    ?? [...new Set(languages.flatMap((it) => it.targets))].sort();
  const wanted = target.value;
  target.replaceChildren(...served.map((code) => option(code, nameOf(code))));
  target.value = served.includes(wanted) ? wanted : served[0] ?? "";
}

function addTerm(source = "", target = "") {
  const row = make("div", { class: "term" },
    make("input", { "aria-label": "Term in the text", placeholder: "in the text", class: "term-source" }),
    make("span", { "aria-hidden": "true" }, "→"),
    make("input", { "aria-label": "Its translation", placeholder: "in the translation", class: "term-target" }),
    make("button", { type: "button", "aria-label": "Remove this term", onclick: () => { row.remove(); find("add-term").focus(); } }, "×"));
  row.querySelector(".term-source").value = source;
  row.querySelector(".term-target").value = target;
  find("terms").append(row);
  return row;
}

function requestOf(text) {
  const body = { text, target: find("target").value };
  if (find("source").value) body.source = find("source").value;
  if (find("format").selectedIndex > 0) body.format = find("format").value;
  const rows = [...find("terms").children].map((row) => ({
    source: row.querySelector(".term-source").value, target: row.querySelector(".term-target").value,
  }));
  const glossary = rows.filter((term) => term.source || term.target);
  if (glossary.length) body.glossary = glossary;
  const keep = find("keep").value.split(",").map((name) => name.trim()).filter(Boolean);
  if (keep.length) body.keep = keep;
  if (numberOf(find("alternatives"))) body.alternatives = numberOf(find("alternatives"));
  return body;
}

/** Phrases to mark in the source and in the translation. */
function marksOf(text, translation, keep) {
  const applied = translation.glossary_applied ?? [];
  const kept = [...keep.filter((name) => text.includes(name)), ...keptIn(text, translation.text)]
    .map((phrase) => ({ phrase, kind: "kept", label: "The same in both" }));
  const terms = (side) => applied.map((term) => ({ phrase: term[side], kind: "term", label: "Glossary" }));
  const doubtful = (translation.review_reasons ?? []).map(({ sentence, reason }) => ({ phrase: sentence, kind: "doubtful", label: `Review: ${reason}` }));
  return { source: [...doubtful, ...terms("source"), ...kept], target: [...terms("target"), ...kept] };
}

function legend(marks) {
  const kinds = new Set([...marks.source, ...marks.target].map((mark) => mark.kind));
  const names = { kept: "the same in both", term: "glossary", doubtful: "to be read" };
  const shown = Object.keys(names).filter((kind) => kinds.has(kind));
  return shown.length ? make("p", { class: "hint legend" }, shown.flatMap((kind) => [make("mark", { class: kind }, names[kind]), " "])) : null;
}

function reviewBlock({ review, review_reasons: reasons }) {
  if (!review) return null;
  return make("div", { class: "note review" }, make("strong", {}, "Someone should read this before it is published"),
    make("ul", {}, (reasons ?? []).map(({ reason, detail, sentence }) => make("li", {},
      make("b", {}, reason), `: ${detail} `, make("q", {}, sentence)))));
}

function render(text, request, body) {
  const [translation] = body.translations;
  const marks = marksOf(text, translation, request.keep ?? []);
  const { language, confidence } = translation.source;
  const told = request.source ? nameOf(language) : `${nameOf(language)}, ${percent(confidence)} sure`;
  const applied = translation.glossary_applied ?? [];
  find("translation-direction").textContent = `${told} → ${nameOf(translation.target)}`;
  if (marks.source.length) {
    find("translation-marks").replaceChildren(make("h3", { class: "like-label" }, "The text with its marks"),
      make("div", { class: "texts quiet" }, withPhrases(text, marks.source)), legend(marks));
  }
  const elements = [
    make("div", { class: "texts", lang: translation.target }, withPhrases(translation.text, marks.target)),
    translation.untranslated ? notes("Left as it was", [translation.untranslated.detail]) : null,
    reviewBlock(translation),
    notes("Glossary terms used", applied.map((term) => `${term.source} → ${term.target}${term.count > 1 ? `, ${term.count} times` : ""}`), "note plain"),
    request.glossary && !applied.length ? notes("Glossary", ["None of its terms is in the text."], "note plain") : null,
    translation.alternatives?.length ? make("div", { class: "block" }, make("h4", {}, "Other translations"),
      make("ul", { class: "others", lang: translation.target }, translation.alternatives.map((it) => make("li", {}, it)))) : null,
    notes("Said with the answer", body.warnings),
    make("p", { class: "model" }, body.model),
  ];
  const summary = translation.review ? "Translated; someone should read it." : "Translated.";
  return { elements: elements.filter(Boolean), summary };
}

function takeExample(example, send) {
  find("translation-text").value = example.text;
  find("translation-text").dispatchEvent(new Event("input"));
  find("format").value = example.format ?? find("format").options[0]?.value;
  find("terms").replaceChildren();
  for (const [source, target] of example.terms ?? []) addTerm(source, target);
  send();
}

function swap() {
  const [source, target] = [find("source"), find("target")];
  const [from, into] = [source.value, target.value];
  source.value = into;
  offerTargets();
  if (from) target.value = from;
  const translated = find("translation-result").querySelector(".texts");
  if (translated) find("translation-text").value = translated.textContent;
}

/** Fill the panel from what the service can translate, and answer its form. */
export async function startTranslation() {
  const field = find("translation-text");
  const asker = new Asker(find("translation-result"), find("translation-request"), [find("translation-marks"), find("translation-direction")]);
  asker.follows = true;
  asker.say("The translation comes here.");
  const send = () => {
    const text = field.value;
    const request = requestOf(text);
    return asker.ask("POST", "/v1/translate", request, (body) => render(text, request, body));
  };
  find("translation-form").addEventListener("submit", (event) => { event.preventDefault(); send(); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); send(); }
  });
  find("add-term").addEventListener("click", () => addTerm().querySelector("input").focus());
  find("swap").addEventListener("click", swap);
  find("source").addEventListener("change", offerTargets);
  const { maxLength } = await property("TranslateRequest", "text");
  countCharacters(field, find("translation-count"), () => maxLength);
  const formats = (await property("TranslateRequest", "format")).enum ?? [];
  find("format").append(...formats.map((name) => option(name, { text: "Plain text", html: "HTML" }[name] ?? name)));
  const { maximum } = await property("TranslateRequest", "alternatives");
  Object.assign(find("alternatives"), { min: 0, max: maximum ?? "" });
  languages = (await call("GET", "/v1/languages")).body.languages;
  find("source").append(option("", "Detect"), ...languages.map((it) => option(it.code, it.name)));
  offerTargets();
  find("translation-examples").replaceChildren(...EXAMPLES.map((example) => make("button", { type: "button", onclick: () => takeExample(example, send) }, example.name)));
}
