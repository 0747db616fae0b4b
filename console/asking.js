// How a panel asks: one request at a time, with what a user sees while and after it waits.

import { call, Problem } from "/console/api.js";
import { make } from "/console/dom.js";
import { showRequest } from "/console/snippets.js";

const PATIENCE_MS = 900; // after which it is said that an answer takes its time

/** Times as one line, such as "12 ms here · 3.1 ms in the service: tokenize 0.2, infer 2.7". */
function timingLine({ all_ms, steps, cold, cost_usd }) {
  const digits = (ms) => (ms < 10 ? ms.toFixed(1) : ms.toFixed(0));
  const total = steps.find((step) => step.name === "total");
  const parts = steps.filter((step) => step !== total).map((step) => `${step.name} ${digits(step.ms)}`);
  const line = make("p", { class: "timing" }, make("strong", {}, `${digits(all_ms)} ms`), " in the browser");
  if (total) line.append(" · ", make("strong", {}, `${digits(total.ms)} ms`), " in the service");
  if (parts.length) line.append(` (${parts.join(", ")})`);
  if (cold) line.append(" · first answer of the process");
  if (cost_usd) line.append(` · ${cost_usd} USD`);
  return line;
}

/** A problem with all that the service says of it. */
export function problemCard({ title, status, detail, type, request_id: id, ...more }) {
  const facts = Object.entries(more).filter(([, value]) => typeof value !== "object");
  const kind = (type ?? "").split(":").pop();
  return make("div", { class: "problem", role: "alert" },
    make("strong", {}, [status, kind ? kind.replaceAll("-", " ") : title].filter(Boolean).join(" · ")),
    make("p", {}, detail ?? title),
    facts.length ? make("p", { class: "hint" }, facts.map(([name, value]) => `${name}: ${value}`).join(" · ")) : null,
    id ? make("p", { class: "hint" }, "Request ", make("code", {}, id)) : null);
}

/** Asks for one panel; a new request takes the place of one that still runs. */
export class Asker {
  /**
   * @param {HTMLElement} result where the answer or the problem is shown
   * @param {HTMLElement|null} shown where the request is shown as code
   * @param {HTMLElement[]} beside what else an answer fills, and is emptied before the next one
   */
  constructor(result, shown = null, beside = []) {
    this.result = result;
    this.shown = shown;
    this.beside = beside;
    this.follows = false; // whether the page scrolls to an answer that is out of sight
    this.status = make("p", { class: "status", role: "status" });
    this.answer = make("div", { class: "answer" });
    result.append(this.status, this.answer);
  }

  /** Ask, and show the answer by `render(body)`, which returns elements and a summary. */
  async ask(method, path, body, render) {
    this.running?.abort("superseded");
    const controller = new AbortController();
    this.running = controller;
    const timer = this.#waitPatiently(controller);
    try {
      const answered = await call(method, path, body, controller);
      if (answered === null) return null;
      this.#emptyBeside();
      const { elements, summary } = render(answered.body);
      this.answer.replaceChildren(...elements, timingLine(answered.timing));
      this.status.textContent = summary;
      this.status.className = "status unseen";
      if (this.shown) showRequest(this.shown, answered.request, answered.body);
      if (this.follows) this.result.scrollIntoView({ block: "nearest" });
      return answered.body;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.#emptyBeside();
      this.answer.replaceChildren(problemCard(error.document));
      this.status.textContent = "";
      this.status.className = "status";
      if (this.shown) showRequest(this.shown, error.request, error.document);
      return null;
    } finally {
      clearInterval(timer);
      if (this.running === controller) {
        this.running = null;
        this.result.removeAttribute("aria-busy");
      }
    }
  }

  /** Show a sentence in place of an answer. */
  say(sentence) {
    this.answer.replaceChildren(make("p", { class: "empty" }, sentence));
  }

  #emptyBeside() {
    for (const element of this.beside) element.replaceChildren();
  }

  #waitPatiently(controller) {
    const begun = performance.now();
    this.result.setAttribute("aria-busy", "true");
    let said = false;
    return setInterval(() => {
      const waited_ms = performance.now() - begun;
      if (waited_ms < PATIENCE_MS || this.running !== controller) return;
      const seconds = make("span", { class: "seconds", "aria-hidden": "true" }, `${(waited_ms / 1000).toFixed(0)} s`);
      if (said) {
        this.status.querySelector(".seconds")?.replaceWith(seconds);
        return;
      }
      said = true;
      const cancel = make("button", { type: "button", onclick: () => controller.abort("cancelled") }, "Cancel");
      this.status.className = "status waiting";
      this.status.replaceChildren("Waiting; the first answer of a process loads its model. ", seconds, " ", cancel);
    }, 300);
  }
}
