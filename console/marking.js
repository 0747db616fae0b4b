// Parts of a text that are marked: slots, weights of words, what a translation keeps.

import { make, percent } from "/console/dom.js";

const WEIGHT_SHOWN = 0.05; // of a word, from which its number stands below it

/** A text with its slots marked; places are in code points, as the service counts. */
export function withSlots(text, slots) {
  const characters = [...text];
  const parts = [];
  let at = 0;
  for (const slot of [...slots].sort((one, other) => one.start - other.start)) {
    if (slot.start < at) continue; // a slot within another one: its words are marked already
    parts.push(characters.slice(at, slot.start).join(""));
    parts.push(make("mark", { class: "slot", title: `${slot.name}, ${percent(slot.confidence)} sure` },
      characters.slice(slot.start, slot.end).join(""), make("span", { class: "slot-name" }, ` ${slot.name}`)));
    at = slot.end;
  }
  parts.push(characters.slice(at).join(""));
  return make("p", { class: "marked" }, parts);
}

/** Words shaded by how much each counts, for (positive) or against the class. */
export function withWeights(explanation) {
  const most = Math.max(...explanation.map((word) => Math.abs(word.weight)), 0.01);
  return make("p", { class: "words" }, explanation.flatMap(({ token, weight }) => {
    const word = make("span", { class: weight < 0 ? "word against" : "word for" }, make("span", { class: "token" }, token));
    word.style.setProperty("--weight", `${Math.round((Math.abs(weight) / most) * 100)}%`);
    if (Math.abs(weight) >= WEIGHT_SHOWN) word.append(make("small", {}, `${weight > 0 ? "+" : "−"}${Math.abs(weight).toFixed(2)}`));
    return [word, " "];
  }));
}

// What is no plain word: with a digit or a sign of templates, markup, addresses, mails; or with
// capitals inside.
const COPIED = /<[^<>]+>|\{\{.*?\}\}|\$?\{.*?\}|[^\s<>]*[\d@/_%{}#][^\s<>]*|\p{L}*\p{Ll}\p{Lu}\p{L}*/gu;

/** What of a text is no plain word, without the punctuation around it. */
const copied = (text) => new Set([...text.matchAll(COPIED)].map(([it]) => it.replace(/^[("'«„“]+|[.,;:!?)"'»“”]+$/gu, "")));

/** What stands in a source and unchanged in its translation: prices, links, codes, variables. */
export function keptIn(source, translation) {
  const arrived = copied(translation);
  return [...copied(source)].filter((it) => it && arrived.has(it));
}

/**
 * A text in which phrases are marked.
 *
 * @param {string} text
 * @param {{phrase: string, kind: string, label: string}[]} phrases the first of two that overlap wins
 */
export function withPhrases(text, phrases) {
  const wanted = phrases.filter(({ phrase }) => phrase).sort((one, other) => other.phrase.length - one.phrase.length);
  if (!wanted.length) return [text];
  const escaped = wanted.map(({ phrase }) => phrase.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(${escaped.join("|")})(?![\\p{L}\\p{N}])`, "giu");
  return text.split(pattern).filter((part) => part !== "").map((part) => {
    const found = wanted.find(({ phrase }) => phrase.toLowerCase() === part.toLowerCase());
    return found ? make("mark", { class: found.kind, title: found.label }, part) : part;
  });
}
