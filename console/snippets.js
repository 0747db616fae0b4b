// A request as code that can be run: curl on this machine, boto3 against a stack.

import { make } from "/console/dom.js";

const STACK = "retail-inference"; // samconfig.toml's name of it

/** A value as a Python literal. */
export function python(value) {
  if (value === null) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (Array.isArray(value)) return `[${value.map(python).join(", ")}]`;
  if (typeof value === "object") {
    return `{${Object.entries(value).map(([name, it]) => `${JSON.stringify(name)}: ${python(it)}`).join(", ")}}`;
  }
  return JSON.stringify(value);
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** The request by curl, at the address of this page. */
export function curl({ method, path, body }) {
  const address = `${location.origin}${path}`;
  if (method === "GET") return `curl -s ${quoted(address)}`;
  return `curl -s ${quoted(address)} \\\n  -H 'content-type: application/json' \\\n  -d ${quoted(JSON.stringify(body))}`;
}

/** The request as a direct invocation of the function: a POST's JSON, without HTTP. */
export function lambda({ body }, service) {
  const name = `${service[0].toUpperCase()}${service.slice(1)}Api`;
  return `import json
import boto3

function = boto3.client("cloudformation").describe_stack_resource(
    StackName="${STACK}", LogicalResourceId="${name}"
)["StackResourceDetail"]["PhysicalResourceId"]
answer = boto3.client("lambda").invoke(
    FunctionName=function,
    Qualifier="live",
    Payload=json.dumps(${python(body)}),
)
print(json.load(answer["Payload"]))
`;
}

/** The request by HTTP, signed with AWS credentials (SigV4). */
export function signed({ method, path, body }) {
  const data = body === undefined ? "" : `\n    data=json.dumps(${python(body)}),\n    headers={"content-type": "application/json"},`;
  return `import json
import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session

session = boto3.Session()
(stack,) = session.client("cloudformation").describe_stacks(StackName="${STACK}")["Stacks"]
outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
request = AWSRequest(
    "${method}",
    outputs["ApiUrl"] + ${python(path)},${data}
)
credentials = session.get_credentials().get_frozen_credentials()
SigV4Auth(credentials, "execute-api", session.region_name).add_auth(request)
print(json.loads(URLLib3Session().send(request.prepare()).text))
`;
}

function copyButton(code) {
  const button = make("button", { type: "button", class: "copy" }, "Copy");
  const said = make("span", { role: "status", class: "hint" });
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code);
      said.textContent = "Copied.";
    } catch {
      said.textContent = "The browser does not allow it here: select the text.";
    }
    setTimeout(() => { said.textContent = ""; }, 3000);
  });
  return make("div", { class: "copying" }, said, button);
}

/** Show a request as code, and its answer as it came. */
export function showRequest(place, request, answer) {
  const service = place.id.replace(/-request$/, "");
  const open = place.querySelector("details")?.open ?? false;
  const chosen = place.querySelector("input:checked")?.value ?? "curl";
  const codes = { curl: curl(request) };
  if (request.method === "POST") codes["boto3, Lambda"] = lambda(request, service);
  codes["boto3, HTTP API"] = signed(request);
  codes.Answer = JSON.stringify(answer, null, 1);
  const shown = make("div", { class: "code" });
  const show = (name) => shown.replaceChildren(
    make("pre", { tabindex: "0", role: "region", "aria-label": name }, make("code", {}, codes[name])), copyButton(codes[name]));
  const choices = Object.keys(codes).map((name) => make("label", {},
    make("input", { type: "radio", name: place.id, value: name, checked: name === (codes[chosen] ? chosen : "curl"), onchange: () => show(name) }),
    make("span", {}, name)));
  show(codes[chosen] ? chosen : "curl");
  place.replaceChildren(make("details", { class: "card request", open },
    make("summary", {}, "The request as code ", make("code", {}, `${request.method} ${request.path}`)),
    make("fieldset", { class: "kinds" }, make("legend", { class: "unseen" }, "As"), make("div", { class: "segments" }, choices)),
    shown));
}
