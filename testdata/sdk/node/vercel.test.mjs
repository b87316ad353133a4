// Vercel's AI SDK with its providers of OpenAI (responses and chat completions), Anthropic and Google, on every provider
// (see ../run.py).

import assert from "node:assert/strict";

import { HELLO, PNG, closed, each, key, mark, require, seen, url } from "./place.mjs";

const { APICallError, Output, generateText, stepCountIs, streamText, tool } = require("ai");
const { createAnthropic } = require("@ai-sdk/anthropic");
const { createGoogleGenerativeAI } = require("@ai-sdk/google");
const { createOpenAI } = require("@ai-sdk/openai");
const { z } = require("zod");

const openai = createOpenAI({ apiKey: key, baseURL: `${url}/v1` });
const anthropic = createAnthropic({ apiKey: key, baseURL: `${url}/v1` });
const google = createGoogleGenerativeAI({ apiKey: key, baseURL: `${url}/v1beta` });
const models = {
  "openai responses": (name) => openai.responses(name),
  "openai chat": (name) => openai.chat(name),
  anthropic: (name) => anthropic(name),
  google: (name) => google(name),
};
// A provider that is not OpenAI stores nothing, so the client must not refer to what was stored. What it would know of a
// model of Anthropic's by its name is that it has structured output.
const providerOptions = { openai: { store: false }, anthropic: { structuredOutputMode: "outputFormat" } };
const always = { maxRetries: 0, providerOptions };

const tools = {
  get_weather: tool({
    description: "The weather in a city.",
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => `sun in ${city}`,
  }),
};
const CITIES = "the weather in both cities";
const HEARD = /sun in Oslo.*sun in Rome/;

for (const [name, make] of Object.entries(models)) {
  each(`${name}: words`, async (model) => {
    const answer = await generateText({ ...always, model: make(model), system: "Be brief.", prompt: "hi" });
    assert.equal(answer.text, HELLO);
    assert.deepEqual([answer.usage.inputTokens, answer.usage.outputTokens], [20, 5]);
    assert.equal(answer.finishReason, "stop");
  });

  each(`${name}: streamed words`, async (model) => {
    const stream = streamText({ ...always, model: make(model), prompt: "hi" });
    let text = "";
    for await (const piece of stream.textStream) text += piece;
    assert.equal(text, HELLO);
    assert.equal((await stream.usage).totalTokens, 25);
  });

  each(`${name}: a loop of parallel tools`, async (model) => {
    const request = { ...always, model: make(model), prompt: CITIES, tools, stopWhen: stepCountIs(3) };
    assert.match((await generateText(request)).text, HEARD);
    const stream = streamText(request);
    await stream.consumeStream();
    assert.match(await stream.text, HEARD);
    assert.deepEqual((await stream.steps)[0].toolCalls.map((call) => call.input.city), ["Oslo", "Rome"]);
  });

  each(`${name}: structured output`, async (model) => {
    const output = Output.object({ schema: z.object({ answer: z.number() }) });
    const answer = await generateText({ ...always, model: make(model), prompt: "say json", output });
    assert.deepEqual(answer.output, { answer: 42 });
  });

  each(`${name}: pictures`, async (model) => {
    const word = mark();
    const content = [
      { type: "text", text: `what picture ${word}` },
      { type: "image", image: PNG, mediaType: "image/png" },
    ];
    const answer = await generateText({ ...always, model: make(model), messages: [{ role: "user", content }] });
    assert.equal(answer.text, "A pixel.");
    assert.ok((await seen(word)).bodies[0].includes(PNG));
  });

  each(`${name}: errors`, async (model) => {
    for (const [status, isRetryable] of [[400, false], [429, true]]) {
      const right = (error) =>
        APICallError.isInstance(error) && error.statusCode === status && error.isRetryable === isRetryable;
      await assert.rejects(generateText({ ...always, model: make(model), prompt: `status ${status}` }), right);
    }
    let found;
    const onError = ({ error }) => (found = error);
    await streamText({ ...always, model: make(model), prompt: "cut forever", onError }).consumeStream();
    assert.ok(found, "a cut stream is an error");
  });

  each(`${name}: what is abandoned ends at the provider`, async (model) => {
    const word = mark();
    const abort = new AbortController();
    const prompt = `forever ${word}`;
    const stream = streamText({ ...always, model: make(model), prompt, abortSignal: abort.signal, onError: () => {} });
    let count = 0;
    for await (const _ of stream.textStream) if (++count === 4) abort.abort();
    assert.ok(await closed(word));
  });
}
