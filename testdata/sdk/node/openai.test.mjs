// The official OpenAI client for Node, chat completions and responses, on every provider (see ../run.py).

import assert from "node:assert/strict";
import { test } from "node:test";

import { HELLO, PNG, all, can, closed, each, key, mark, ofTheirClass, providers, require, seen, take, url } from "./place.mjs";

const OpenAI = require("openai").default;
const { zodResponseFormat, zodTextFormat } = require("openai/helpers/zod");
const { z } = require("zod");

const newClient = (options = {}) =>
  new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0, timeout: 20_000, ...options });
const client = newClient();
const say = (content) => [{ role: "user", content }];
const ask = (model, content, rest = {}, options = {}) =>
  client.chat.completions.create({ model, messages: say(content), ...rest }, options);

const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools = [{ type: "function", function: { name: "get_weather", description: "d", parameters } }];
const Answer = z.object({ answer: z.number() });
const CITIES = "the weather in both cities";
const HEARD = "sun in Oslo and sun in Rome, I hear.";

each("words", async (model) => {
  const answer = await ask(model, "hi", { temperature: 0.5, max_completion_tokens: 100 });
  assert.equal(answer.choices[0].message.content, HELLO);
  assert.equal(answer.usage.total_tokens, 25);
});

each("streamed words", async (model) => {
  const chunks = await all(await ask(model, "hi", { stream: true, stream_options: { include_usage: true } }));
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join(""), HELLO);
  assert.equal(chunks.at(-1).usage.total_tokens, 25);
});

each("parallel tools and their results", async (model) => {
  const { message, finish_reason } = (await ask(model, CITIES, { tools })).choices[0];
  assert.equal(finish_reason, "tool_calls");
  const results = message.tool_calls.map((call) => ({
    role: "tool",
    tool_call_id: call.id,
    content: `sun in ${JSON.parse(call.function.arguments).city}`,
  }));
  const messages = [...say(CITIES), message, ...results];
  const after = await client.chat.completions.create({ model, messages, tools });
  assert.equal(after.choices[0].message.content, HEARD);
});

each("a loop of streamed tools that the client runs itself", async (model) => {
  const run = ({ city }) => `sun in ${city}`;
  const runnable = [{ type: "function", function: { ...tools[0].function, parse: JSON.parse, function: run } }];
  const runner = client.chat.completions.runTools({ model, messages: say(CITIES), tools: runnable, stream: true });
  assert.equal(await runner.finalContent(), HEARD);
});

each("structured output", async (model) => {
  const response_format = zodResponseFormat(Answer, "answer");
  const answer = await client.chat.completions.parse({ model, messages: say("say json"), response_format });
  assert.deepEqual(answer.choices[0].message.parsed, { answer: 42 });
});

each("pictures", async (model) => {
  const word = mark();
  const picture = { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } };
  const answer = await ask(model, [{ type: "text", text: `what picture ${word}` }, picture]);
  assert.equal(answer.choices[0].message.content, "A pixel.");
  assert.ok((await seen(word)).bodies[0].includes(PNG));
});

each("errors of their class", async (model) => {
  const classes = [
    [400, OpenAI.BadRequestError],
    [404, OpenAI.NotFoundError],
    [422, OpenAI.UnprocessableEntityError],
    [429, OpenAI.RateLimitError],
    [500, OpenAI.InternalServerError],
    [529, OpenAI.InternalServerError],
  ];
  await ofTheirClass(model, ask, classes);
  await assert.rejects(async () => all(await ask(model, "cut forever", { stream: true })), OpenAI.APIError);
});

test("wrong keys and models", async () => {
  await assert.rejects(newClient({ apiKey: "wrong" }).models.list(), OpenAI.AuthenticationError);
  await assert.rejects(ask("nobody", "hi"), (error) => error instanceof OpenAI.NotFoundError && error.code === "model_not_found");
  const models = await all(client.models.list());
  assert.deepEqual(models.map((model) => model.id), providers.map((name) => `on-${name}`).sort());
});

each("retries are the client's, after the time that the provider says", async (model) => {
  const retrying = newClient({ maxRetries: 2 });
  for (const status of [429, 500]) {
    const [word, began] = [mark(), performance.now()];
    const answer = await retrying.chat.completions.create({ model, messages: say(`once ${status} ${word}`) });
    assert.equal(answer.choices[0].message.content, HELLO);
    assert.equal((await seen(word)).requests, 2);
    assert.ok(status !== 429 || performance.now() - began > 950);
  }
});

each("what is abandoned ends at the provider", async (model) => {
  const word = mark();
  const stream = await ask(model, `forever ${word}`, { stream: true });
  await take(4, stream);
  stream.controller.abort();
  assert.ok(await closed(word));
  const silent = mark();
  const signal = AbortSignal.timeout(300);
  await assert.rejects(ask(model, `silent ${silent}`, {}, { signal }), OpenAI.APIUserAbortError);
  assert.ok(await closed(silent));
});

each("responses: words, whole and streamed", async (model) => {
  const answer = await client.responses.create({ model, input: "hi" });
  assert.equal(answer.output_text, HELLO);
  assert.equal(answer.usage.total_tokens, 25);
  const stream = client.responses.stream({ model, input: "hi" });
  assert.equal((await stream.finalResponse()).output_text, HELLO);
});

each("responses: parallel tools and their results", async (model) => {
  const functions = [{ type: "function", name: "get_weather", description: "d", parameters, strict: false }];
  const first = await client.responses.stream({ model, input: CITIES, tools: functions }).finalResponse();
  const calls = first.output.filter((item) => item.type === "function_call");
  const results = calls.map(({ call_id, arguments: text }) => ({
    type: "function_call_output",
    call_id,
    output: `sun in ${JSON.parse(text).city}`,
  }));
  const given = first.output.map(({ parsed_arguments, ...item }) => item);
  const after = await client.responses.create({ model, input: [...say(CITIES), ...given, ...results], tools: functions });
  assert.equal(after.output_text, HEARD);
});

each("responses: structured output and errors", async (model) => {
  const text = { format: zodTextFormat(Answer, "answer") };
  const answer = await client.responses.parse({ model, input: "say json", text });
  assert.deepEqual(answer.output_parsed, { answer: 42 });
  await assert.rejects(client.responses.create({ model, input: "status 429" }), OpenAI.RateLimitError);
  await assert.rejects(async () => all(await client.responses.create({ model, input: "cut forever", stream: true })), OpenAI.APIError);
});
