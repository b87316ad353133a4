// The official Anthropic client for Node on every provider (see ../run.py).

import assert from "node:assert/strict";
import { test } from "node:test";

import { HELLO, PNG, all, can, closed, each, key, mark, ofTheirClass, providers, require, seen, take, url } from "./place.mjs";

const Anthropic = require("@anthropic-ai/sdk").default;

const newClient = (options = {}) =>
  new Anthropic({ apiKey: key, baseURL: url, maxRetries: 0, timeout: 20_000, ...options });
const client = newClient();
const say = (content) => [{ role: "user", content }];
const body = (model, content, rest = {}) => ({ model, messages: say(content), max_tokens: 2000, ...rest });
const ask = (model, content, rest = {}, options = {}) => client.messages.create(body(model, content, rest), options);
const textOf = (message) => message.content.map((block) => block.text ?? "").join("");

const input_schema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools = [{ name: "get_weather", description: "d", input_schema }];
const CITIES = "the weather in both cities";

each("words", async (model) => {
  const answer = await ask(model, "hi", { system: "Be brief.", stop_sequences: ["x"] });
  assert.equal(textOf(answer), HELLO);
  assert.deepEqual([answer.stop_reason, answer.usage.input_tokens, answer.usage.output_tokens], ["end_turn", 12, 5]);
});

each("streamed words", async (model) => {
  const final = await client.messages.stream(body(model, "hi")).finalMessage();
  assert.equal(textOf(final), HELLO);
  assert.deepEqual([final.stop_reason, final.usage.output_tokens], ["end_turn", 5]);
});

each("streamed parallel tools and their results", async (model) => {
  const answer = await client.messages.stream(body(model, CITIES, { tools })).finalMessage();
  assert.equal(answer.stop_reason, "tool_use");
  const calls = answer.content.filter((block) => block.type === "tool_use");
  const results = calls.map(({ id, input }) => ({ type: "tool_result", tool_use_id: id, content: `sun in ${input.city}` }));
  const messages = [...say(CITIES), { role: "assistant", content: answer.content }, { role: "user", content: results }];
  const after = await client.messages.create({ model, messages, tools, max_tokens: 100 });
  assert.equal(textOf(after), "sun in Oslo and sun in Rome, I hear.");
});

each("structured output", async (model) => {
  const properties = { answer: { type: "integer" } };
  const schema = { type: "object", properties, required: ["answer"], additionalProperties: false };
  const answer = await ask(model, "say json", { output_config: { format: { type: "json_schema", schema } } });
  assert.deepEqual(JSON.parse(textOf(answer)), { answer: 42 });
});

each("pictures", async (model) => {
  const word = mark();
  const picture = { type: "image", source: { type: "base64", media_type: "image/png", data: PNG } };
  const answer = await ask(model, [picture, { type: "text", text: `what picture ${word}` }]);
  assert.equal(textOf(answer), "A pixel.");
  assert.ok((await seen(word)).bodies[0].includes(PNG));
});

each("thoughts", async (model) => {
  if (!can("anthropic-messages", model, "reasoning")) return;
  const thinking = { type: "enabled", budget_tokens: 1024 };
  const answer = await client.messages.stream(body(model, "think", { thinking })).finalMessage();
  assert.equal(answer.content[0].thinking, "Hmm, let me see.");
  assert.equal(textOf(answer), "I thought about it.");
});

each("errors of their class", async (model) => {
  const classes = [
    [400, Anthropic.BadRequestError],
    [404, Anthropic.NotFoundError],
    [429, Anthropic.RateLimitError],
    [500, Anthropic.InternalServerError],
    [529, Anthropic.InternalServerError],
  ];
  await ofTheirClass(model, ask, classes);
  await assert.rejects(client.messages.stream(body(model, "cut forever")).finalMessage(), Anthropic.AnthropicError);
});

test("wrong keys and models", async () => {
  await assert.rejects(newClient({ apiKey: "wrong" }).messages.create(body("on-openai", "hi")), Anthropic.AuthenticationError);
  await assert.rejects(ask("nobody", "hi"), Anthropic.NotFoundError);
  const models = await all(client.models.list());
  assert.deepEqual(models.map((model) => model.id), providers.map((name) => `on-${name}`).sort());
});

each("retries are the client's, after the time that the provider says", async (model) => {
  const retrying = newClient({ maxRetries: 2 });
  for (const status of [429, 529]) {
    const [word, began] = [mark(), performance.now()];
    assert.equal(textOf(await retrying.messages.create(body(model, `once ${status} ${word}`))), HELLO);
    assert.equal((await seen(word)).requests, 2);
    assert.ok(performance.now() - began > 950);
  }
});

each("what is abandoned ends at the provider", async (model) => {
  const word = mark();
  const stream = client.messages.stream(body(model, `forever ${word}`));
  await take(4, stream);
  stream.abort();
  assert.ok(await closed(word));
  const silent = mark();
  const signal = AbortSignal.timeout(300);
  await assert.rejects(ask(model, `silent ${silent}`, {}, { signal }), Anthropic.APIUserAbortError);
  assert.ok(await closed(silent));
});
