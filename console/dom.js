// Elements from values. Texts of answers only ever become text nodes, never markup.

/** The element with an id. */
export const find = (id) => document.getElementById(id);

/** An element with properties (`class`, `data-*` and `aria-*` as attributes) and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** A share of 0 to 1 in percent, with a digit where it tells something. */
export function percent(share) {
  const value = share * 100;
  if (value > 0 && value < 0.1) return "< 0.1 %";
  return `${value.toFixed(value > 99 || value < 10 ? 1 : 0).replace(/\.0$/, "")} %`;
}

/** A bar of a share of 0 to 1; the number stands beside it for who does not see it. */
export function bar(share, kind = "") {
  const fill = make("span", { class: "fill" });
  fill.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return make("span", { class: `bar ${kind}`, "aria-hidden": "true" }, fill);
}

/** A list of sentences, such as an answer's warnings; nothing where there are none. */
export function notes(title, sentences, kind = "note") {
  if (!sentences?.length) return null;
  return make("div", { class: kind }, make("strong", {}, title),
    make("ul", {}, sentences.map((sentence) => make("li", {}, sentence))));
}

/** Show characters (not UTF-16 units) of a field against what the service takes. */
export function countCharacters(field, output, most) {
  const show = () => {
    const count = [...field.value].length;
    const limit = most();
    output.textContent = limit
      ? `${count.toLocaleString("en")} of ${limit.toLocaleString("en")} characters` : "";
    output.classList.toggle("bad", Boolean(limit) && count > limit);
  };
  field.addEventListener("input", show);
  show();
  return show;
}

/** A field's number; null where it is empty. */
export const numberOf = (field) => (field.value.trim() === "" ? null : Number(field.value));

/** Act once it has been quiet for so long. */
export function debounce(act, pause_ms) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(act, pause_ms);
  };
}
