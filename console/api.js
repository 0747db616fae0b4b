// Requests to the services: their answers with their times, and what went wrong as one kind of error.

const WAIT_MS = 60_000;

/** What a user is told where there is no answer: a problem document (RFC 9457), or the like. */
export class Problem extends Error {
  constructor(document, request) {
    super(document.detail ?? document.title);
    this.document = document;
    this.request = request;
  }
}

/** Steps of a `server-timing` header, in milliseconds. */
function steps(header) {
  return (header ?? "").split(",").flatMap((part) => {
    const found = /^\s*([\w-]+);dur=([\d.]+)/.exec(part);
    return found ? [{ name: found[1], ms: Number(found[2]) }] : [];
  });
}

async function problemOf(response) {
  const text = await response.text();
  try {
    const document = JSON.parse(text);
    if (document && typeof document === "object" && (document.detail || document.title)) return document;
  } catch {
    // Not every proxy before a service answers in JSON: its status says what there is to say.
  }
  return {
    title: response.statusText || "Error",
    status: response.status,
    detail: "The answer is no problem document; something other than the service has answered.",
  };
}

function unanswered(error, signal) {
  if (signal.reason === "superseded") return null;
  if (signal.reason === "cancelled") return { title: "Cancelled", detail: "The request was cancelled before it was answered." };
  if (signal.reason === "timeout") {
    return { title: "No answer", detail: `There was no answer in ${WAIT_MS / 1000} seconds. Try again; a text half as long takes half as long.` };
  }
  return { title: "No connection", detail: `The server cannot be reached (${error.message}). Is it still running?` };
}

/**
 * Send a request.
 *
 * @param {string} method GET or POST
 * @param {string} path of the route, with its query
 * @param {object|undefined} body what is sent as JSON
 * @param {AbortController} controller ends it early; its reason says why
 * @returns {Promise<{body: object, timing: object, request: object}|null>} null where a newer
 *   request took its place
 * @throws {Problem} there is no answer, or it is an error
 */
export async function call(method, path, body, controller = new AbortController()) {
  const request = { method, path, body };
  const begun = performance.now();
  const timer = setTimeout(() => controller.abort("timeout"), WAIT_MS);
  try {
    const response = await fetch(path, {
      method,
      headers: body === undefined ? {} : { "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: controller.signal,
    });
    if (!response.ok) throw new Problem(await problemOf(response), request);
    const answer = await response.json();
    const timing = {
      all_ms: performance.now() - begun,
      steps: steps(response.headers.get("server-timing")),
      cold: response.headers.get("x-cold-start") === "true",
      cost_usd: response.headers.get("x-estimated-cost-usd"),
    };
    return { body: answer, timing, request };
  } catch (error) {
    if (error instanceof Problem) throw error;
    const document = unanswered(error, controller.signal);
    if (document === null) return null;
    throw new Problem(document, request);
  } finally {
    clearTimeout(timer);
  }
}

let described;

/** The services' own description (OpenAPI), which has limits and choices; {} where there is none. */
export async function description() {
  described ??= call("GET", "/console/openapi.json").then((answer) => answer.body, () => ({}));
  return described;
}

/** A property of a request's schema; {} where it is not described. */
export async function property(schema, name) {
  const found = (await description()).components?.schemas?.[schema]?.properties?.[name] ?? {};
  const kinds = found.anyOf?.filter((kind) => kind.type !== "null") ?? [];
  return { ...kinds[0], ...found };
}
