// Where the tests of a client find the gateway, and what it stands before; see `environment` in ../gateway.py.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";

const { POINTSMAN_URL, POINTSMAN_KEY, POINTSMAN_UPSTREAM_URL, POINTSMAN_PROVIDERS, POINTSMAN_REACH } = process.env;

/** Packages are found where they were installed, and not beside this file. */
export const require = createRequire(`${process.env.NODE_PATH}/`);
export const url = POINTSMAN_URL;
export const key = POINTSMAN_KEY;
/** With this one, a provider need not be told everything. */
export const lossyKey = process.env.POINTSMAN_LOSSY_KEY;
export const providers = JSON.parse(POINTSMAN_PROVIDERS);
export const HELLO = "Hello wörld 😀.";
export const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const SEEN_MS_MAX = 5000;
const reach = JSON.parse(POINTSMAN_REACH);
let number = 0;

/** Whether a feature of a client's protocol reaches the provider of a model. */
export function can(client, model, feature) {
  const found = reach[client][model.slice("on-".length)][feature];
  if (found === undefined) throw new Error(`no feature is called ${feature}`);
  return found;
}

/** A test with every provider, given the name of the model that stands for it. */
export function each(name, run) {
  for (const provider of providers) test(`${name}, ${provider}`, () => run(`on-${provider}`));
}

/** A word to put into a prompt, under which `seen` finds the request. */
export const mark = () => `[${process.pid}-${number++}]`;

/** What the provider saw of the requests with that mark. */
export const seen = async (word) => (await fetch(`${POINTSMAN_UPSTREAM_URL}/control/${word.slice(1, -1)}`)).json();

/** Whether the provider's connection is closed soon, its answer not being whole. */
export async function closed(word) {
  const until = Date.now() + SEEN_MS_MAX;
  while (Date.now() < until) {
    if ((await seen(word)).closed === 1) return true;
    await new Promise((done) => setTimeout(done, 20));
  }
  return false;
}

/** The first few things of what comes one by one. */
export async function take(count, stream) {
  for await (const _ of stream) if (--count === 0) return;
}

export async function all(stream) {
  const found = [];
  for await (const one of stream) found.push(one);
  return found;
}

/** Each status is an error of its class that names its request, streamed or not. */
export async function ofTheirClass(model, ask, classes) {
  for (const [status, kind] of classes) {
    for (const stream of [false, true]) {
      await assert.rejects(ask(model, `status ${status}`, { stream }), (error) => error instanceof kind && !!error.requestID);
    }
  }
}
