// The official Google client for Node on every provider (see ../run.py).

import assert from "node:assert/strict";
import { test } from "node:test";

import { HELLO, PNG, all, can, closed, each, key, mark, providers, require, seen, take, url } from "./place.mjs";

const { ApiError, GoogleGenAI } = require("@google/genai");

const newClient = (apiKey = key) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: url } });
const client = newClient();
const ask = (model, contents, config = {}) => client.models.generateContent({ model, contents, config });
const stream = (model, contents, config = {}) => client.models.generateContentStream({ model, contents, config });

const parametersJsonSchema = { type: "object", properties: { city: { type: "string" } }, required: ["city"] };
const tools = [{ functionDeclarations: [{ name: "get_weather", description: "d", parametersJsonSchema }] }];
const CITIES = { role: "user", parts: [{ text: "the weather in both cities" }] };

each("words, whole and streamed", async (model) => {
  const answer = await ask(model, "hi", { systemInstruction: "Be brief.", temperature: 0.5, stopSequences: ["x"] });
  assert.equal(answer.text, HELLO);
  assert.deepEqual([answer.usageMetadata.promptTokenCount, answer.usageMetadata.totalTokenCount], [20, 25]);
  const chunks = await all(await stream(model, "hi"));
  assert.equal(chunks.map((chunk) => chunk.text ?? "").join(""), HELLO);
  assert.equal(chunks.at(-1).candidates[0].finishReason, "STOP");
});

each("parallel tools and their results", async (model) => {
  const answer = await ask(model, [CITIES], { tools });
  const parts = answer.functionCalls.map(({ id, name, args }) => ({
    functionResponse: { id, name, response: { result: `sun in ${args.city}` } },
  }));
  const after = await ask(model, [CITIES, answer.candidates[0].content, { role: "user", parts }], { tools });
  assert.match(after.text, /sun in Oslo.*sun in Rome/);
});

each("structured output", async (model) => {
  const properties = { answer: { type: "integer" } };
  const responseJsonSchema = { type: "object", properties, required: ["answer"], additionalProperties: false };
  const answer = await ask(model, "say json", { responseMimeType: "application/json", responseJsonSchema });
  assert.deepEqual(JSON.parse(answer.text), { answer: 42 });
});

each("pictures", async (model) => {
  const word = mark();
  const parts = [{ text: `what picture ${word}` }, { inlineData: { mimeType: "image/png", data: PNG } }];
  assert.equal((await ask(model, [{ role: "user", parts }])).text, "A pixel.");
  assert.ok((await seen(word)).bodies[0].includes(PNG));
});

each("thoughts", async (model) => {
  if (!can("gemini-generate-content", model, "reasoning")) return;
  const answer = await ask(model, "think", { thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 } });
  const thoughts = answer.candidates[0].content.parts.filter((part) => part.thought && part.text);
  assert.deepEqual(thoughts.map((part) => part.text), ["Hmm, let me see."]);
  assert.equal(answer.text, "I thought about it.");
});

each("errors of their class", async (model) => {
  for (const status of [400, 404, 429, 500]) {
    for (const how of [ask, stream]) {
      const right = (error) => error instanceof ApiError && (status < 500 ? error.status === status : error.status >= 500);
      await assert.rejects(how(model, `status ${status}`), right);
    }
  }
  await assert.rejects(async () => all(await stream(model, "cut forever")));
});

test("wrong keys and models", async () => {
  const request = { model: "on-openai", contents: "hi" };
  await assert.rejects(newClient("wrong").models.generateContent(request), (error) => error.status === 401);
  await assert.rejects(ask("nobody", "hi"), (error) => error instanceof ApiError && error.status === 404);
  const models = await all(await client.models.list());
  assert.deepEqual(models.map((model) => model.name), providers.map((name) => `models/on-${name}`).sort());
});

each("what is abandoned ends at the provider", async (model) => {
  const word = mark();
  const abort = new AbortController();
  await take(4, await stream(model, `forever ${word}`, { abortSignal: abort.signal }));
  abort.abort();
  assert.ok(await closed(word));
  const silent = mark();
  await assert.rejects(ask(model, `silent ${silent}`, { abortSignal: AbortSignal.timeout(300) }));
  assert.ok(await closed(silent));
});
