// node webhook_examples.mjs URL SECRET_FILE
//
// Posts every example payload of GitHub to URL (a controller's /api/webhook), signed by GitHub's own library: as JSON,
// form-encoded, and as if it were a push; then deliveries that must be refused. Prints one line for every answer that is
// not the expected one and a summary; exit status 0 when all were as expected. Waits out 429 as Retry-After says.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { randomUUID } from "node:crypto";
import { sign } from "@octokit/webhooks-methods";

const [url, secretFile] = process.argv.slice(2);
if (!url || !secretFile) {
  console.error("usage: node webhook_examples.mjs URL SECRET_FILE");
  process.exit(2);
}
const secret = readFileSync(secretFile, "utf8").trimEnd();
const definitions = createRequire(import.meta.url)("@octokit/webhooks-examples/api.github.com/index.json");

const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

async function post(body, headers) {
  for (;;) {
    const answer = await fetch(url, { method: "POST", body, headers });
    await answer.text();
    if (answer.status !== 429) return answer.status;
    await sleep(Number(answer.headers.get("retry-after") ?? 1));
  }
}

function headersOf(event, type, signature) {
  return {
    "content-type": type,
    "x-github-event": event,
    "x-github-delivery": randomUUID(),
    "x-hub-signature-256": signature,
    "user-agent": "GitHub-Hookshot/044aadd",
  };
}

let posted = 0;
let wrong = 0;
function expect(what, status, wanted) {
  ++posted;
  if (status === wanted) return;
  ++wrong;
  console.log(`${what}: answered ${status}, expected ${wanted}`);
}

for (const { name, examples } of definitions) {
  for (const [index, example] of examples.entries()) {
    const json = JSON.stringify(example);
    const form = new URLSearchParams({ payload: json }).toString();
    const what = `${name}[${index}]`;
    expect(`${what} json`, await post(json, headersOf(name, "application/json", await sign(secret, json))), 202);
    const formType = "application/x-www-form-urlencoded";
    expect(`${what} form`, await post(form, headersOf(name, formType, await sign(secret, form))), 202);
    // The payload of every event, given out as a push: the shape is not that of a push, and must be survived.
    expect(`${what} as push`, await post(json, headersOf("push", "application/json", await sign(secret, json))), 202);
  }
}

const body = JSON.stringify({ ref: "refs/heads/main", repository: {} });
const good = await sign(secret, body);
const json = "application/json";
expect("other secret", await post(body, headersOf("push", json, await sign(secret + "x", body))), 401);
expect("extra bytes", await post(body + " ", headersOf("push", json, good)), 401);
expect("no signature", await post(body, headersOf("push", json, "")), 401);
expect("other content type", await post(body, headersOf("push", "text/plain", good)), 400);
expect("not JSON", await post("{", headersOf("push", json, await sign(secret, "{"))), 400);

console.log(`${posted} deliveries, ${wrong} answered otherwise than expected`);
process.exit(wrong === 0 ? 0 : 1);
