// The official OpenAI client for Node against a running demo (see with_demo.py).
//
// The same dialogues as test_openai.py where the two clients could differ: how a stream is read, how an error is raised.
// Which provider serves is learned from the answers, which name it.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

const require = createRequire(`${process.env.NODE_PATH}/`);
const OpenAI = require("openai").default;

const { POINTSMAN_BASE_URL, POINTSMAN_KEY, POINTSMAN_UPSTREAM_URL } = process.env;
const client = (apiKey = POINTSMAN_KEY) =>
  new OpenAI({ apiKey, baseURL: POINTSMAN_BASE_URL, maxRetries: 0, timeout: 30_000 });

const PROVIDERS_MAX = 8;
const ordered = new Set();
let model;

/** Tells the demo upstream what goes wrong at a provider from now on. */
async function order(provider, fault) {
  ordered.add(provider);
  const url = `${POINTSMAN_UPSTREAM_URL.replace(/\/$/, "")}/control/${provider}`;
  const response = await fetch(url, { method: "PUT", body: JSON.stringify(fault) });
  assert.equal(response.status, 200);
}

const say = (content, more = {}) => ({ model, messages: [{ role: "user", content }], ...more });
const servedBy = (text) => /at provider (\S+?)\)/.exec(text)[1];

async function answer(content, more) {
  const whole = await client().chat.completions.create(say(content, more));
  return whole.choices[0].message.content;
}

async function streamed(content, more) {
  const chunks = [];
  for await (const chunk of await client().chat.completions.create(say(content, { stream: true, ...more }))) {
    chunks.push(chunk);
  }
  return chunks;
}

const textOf = (chunks) => chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");

before(async () => {
  const models = await client().models.list();
  model = models.data[0].id;
});

after(async () => {
  for (const provider of ordered) await order(provider, { fault: "none" });
});

test("an answer comes whole", async () => {
  assert.match(await answer("hello there"), /You said: hello there/);
});

test("an answer streams with usage", async () => {
  const chunks = await streamed("one two three", { stream_options: { include_usage: true } });
  assert.match(textOf(chunks), /You said: one two three/);
  assert.ok(chunks.length > 5, "the answer must arrive in pieces");
  assert.ok(chunks.at(-1).usage.total_tokens > 0);
});

test("a tool is called", async () => {
  const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
  const tools = [{ type: "function", function: { name: "get_weather", parameters } }];
  const whole = await client().chat.completions.create(say("What is the weather?", { tools }));
  const [call] = whole.choices[0].message.tool_calls;
  assert.equal(whole.choices[0].finish_reason, "tool_calls");
  assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], ["get_weather", { city: "Paris" }]);
});

test("a wrong key is refused", async () => {
  await assert.rejects(client("wrong").models.list().then((page) => page.data), OpenAI.AuthenticationError);
});

test("an unknown model is not found", async () => {
  const request = client().chat.completions.create(say("hello", { model: "no-such-model" }));
  await assert.rejects(request, (error) => error instanceof OpenAI.NotFoundError && error.code === "model_not_found");
});

test("a failing provider is replaced, and a cut stream is an error", async () => {
  // Each provider is failed once it has served, so the next answer comes from another one, until none is left.
  const found = [];
  while (found.length < PROVIDERS_MAX) {
    const text = await streamed("hello").then(textOf, () => null);
    if (text === null) break;
    assert.ok(!found.includes(servedBy(text)), "a failing provider served a request");
    found.push(servedBy(text));
    await order(found.at(-1), { fault: "500" });
  }
  assert.ok(found.length > 1, "nothing took over from the first provider");
  for (const provider of found) await order(provider, { fault: "cut", after_events: 3 });
  await assert.rejects(streamed("one two three"), OpenAI.APIError);
});
