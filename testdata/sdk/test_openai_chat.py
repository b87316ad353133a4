"""The official OpenAI client for Python, chat completions, on every provider (see run.py).

The providers are strict, so a request that one of them would refuse fails its test.
"""

import json
import time
import unittest

import openai

import place
from alike import Statuses
from place import ANSWER, CITY, HELLO, each
from providers.script import PNG

TOOLS = [{"type": "function", "function": {"name": "get_weather", "description": "d", "parameters": CITY}}]
CITIES = [{"role": "user", "content": "the weather in both cities"}]


def can(model, feature):
    return place.can("openai-chat", model, feature)


def new_client(key=place.KEY, max_retries=0):
    return openai.OpenAI(api_key=key, base_url=f"{place.URL}/v1", max_retries=max_retries, timeout=20)


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = new_client()
        cls.retrying = new_client(max_retries=2)
        cls.addClassCleanup(cls.client.close)
        cls.addClassCleanup(cls.retrying.close)

    def ask(self, model, content, client=None, **rest):
        messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": content}]
        return (client or self.client).chat.completions.create(model=model, messages=messages, **rest)


class Answers(Case):
    @each
    def test_words(self, model):
        rest = {"user": "u"} if can(model, "user") else {}
        answer = self.ask(model, "hi", temperature=0.5, max_completion_tokens=100, stop=["x"], **rest)
        self.assertEqual(answer.choices[0].message.content, HELLO)
        self.assertEqual(answer.choices[0].finish_reason, "stop")
        self.assertEqual((answer.usage.prompt_tokens, answer.usage.completion_tokens), (20, 5))
        self.assertEqual(answer.usage.prompt_tokens_details.cached_tokens, 8)

    @each
    def test_streamed_words(self, model):
        chunks = list(self.ask(model, "hi", stream=True, stream_options={"include_usage": True}))
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        self.assertEqual(text, HELLO)
        self.assertEqual(chunks[-1].usage.total_tokens, 25)
        self.assertEqual([chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1], "stop")

    @each
    def test_streams_show_usage_only_when_asked(self, model):
        self.assertTrue(all(chunk.usage is None for chunk in self.ask(model, "hi", stream=True)))

    @each
    def test_parallel_tools_and_their_results(self, model):
        answer = self.client.chat.completions.create(model=model, messages=CITIES, tools=TOOLS)
        message = answer.choices[0].message
        self.assertEqual(answer.choices[0].finish_reason, "tool_calls")
        cities = [json.loads(call.function.arguments)["city"] for call in message.tool_calls]
        self.assertEqual(cities, ["Oslo", "Rome"])
        self.assertEqual(len({call.id for call in message.tool_calls}), 2)
        results = [
            {"role": "tool", "tool_call_id": call.id, "content": f"sun in {city}"}
            for call, city in zip(message.tool_calls, cities)
        ]
        messages = [*CITIES, message, *results]
        after = self.client.chat.completions.create(model=model, messages=messages, tools=TOOLS)
        self.assertEqual(after.choices[0].message.content, "sun in Oslo and sun in Rome, I hear.")

    @each
    def test_streamed_tools(self, model):
        with self.client.chat.completions.stream(model=model, messages=CITIES, tools=TOOLS) as stream:
            final = stream.get_final_completion()
        calls = final.choices[0].message.tool_calls
        self.assertEqual([json.loads(call.function.arguments)["city"] for call in calls], ["Oslo", "Rome"])
        self.assertEqual(final.choices[0].finish_reason, "tool_calls")

    @each
    def test_structured_output(self, model):
        schema = {"name": "answer", "schema": ANSWER, "strict": True}
        answer = self.ask(model, "say json", response_format={"type": "json_schema", "json_schema": schema})
        self.assertEqual(json.loads(answer.choices[0].message.content), {"answer": 42})

    @each
    def test_pictures(self, model):
        word = place.mark()
        content = [
            {"type": "text", "text": f"what picture {word}"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
        ]
        self.assertEqual(self.ask(model, content).choices[0].message.content, "A pixel.")
        self.assertIn(PNG, place.seen(word)["bodies"][0])

    @each
    def test_pictures_by_address(self, model):
        word, url = place.mark(), "https://pictures.example/pixel.png"
        content = [{"type": "text", "text": f"what picture {word}"}, {"type": "image_url", "image_url": {"url": url}}]
        if not can(model, "image-url"):
            with self.assertRaises(openai.BadRequestError) as raised:
                self.ask(model, content)
            return self.assertEqual(raised.exception.code, "unsupported_feature")
        self.assertEqual(self.ask(model, content).choices[0].message.content, "A pixel.")
        self.assertIn(url, place.seen(word)["bodies"][0])

    @each
    def test_thoughts(self, model):
        if not can(model, "reasoning"):
            return
        message = self.ask(model, "think", reasoning_effort="low").choices[0].message
        self.assertEqual(message.content, "I thought about it.")
        self.assertEqual(message.reasoning_content, "Hmm, let me see.")

    def test_models(self):
        names = [model.id for model in self.client.models.list()]
        self.assertEqual(names, sorted(f"on-{provider}" for provider in place.PROVIDERS))

    def test_embeddings(self):
        for model in ("on-openai", "on-compatible"):
            answer = self.client.embeddings.create(model=model, input=["a", "b"])
            self.assertEqual([one.embedding for one in answer.data], [[0.5, 1.0]] * 2)


class Errors(Statuses, Case):
    classes = {
        400: openai.BadRequestError,
        404: openai.NotFoundError,
        422: openai.UnprocessableEntityError,
        429: openai.RateLimitError,
        500: openai.InternalServerError,
        529: openai.InternalServerError,
    }

    @each
    def test_a_cut_stream_is_an_error(self, model):
        with self.assertRaises(openai.APIError):
            list(self.ask(model, "cut forever", stream=True))

    def test_wrong_keys_and_models(self):
        with self.assertRaises(openai.AuthenticationError):
            self.ask("on-openai", "hi", new_client("pmk_live_wrong"))
        with self.assertRaises(openai.NotFoundError) as raised:
            self.ask("nobody", "hi")
        self.assertEqual(raised.exception.code, "model_not_found")

    def test_what_a_provider_cannot_do_is_named(self):
        with self.assertRaises(openai.BadRequestError) as raised:
            self.ask("on-anthropic", "hi", seed=7, logit_bias={"1": 2})
        self.assertIn("`seed`", raised.exception.message)
        self.assertIn("`logit_bias`", raised.exception.message)
        with new_client(place.LOSSY_KEY) as lossy:
            create = lossy.chat.completions.with_raw_response.create
            messages = [{"role": "user", "content": "hi"}]
            answer = create(model="on-anthropic", messages=messages, seed=7, logit_bias={"1": 2})
        self.assertEqual(answer.headers["x-pointsman-dropped"], "seed, logit_bias")
        self.assertEqual(answer.parse().choices[0].message.content, HELLO)

    def test_what_the_own_provider_would_refuse_is_refused_with_its_place(self):
        for place_of_it, wrong in {"top_p": {"top_p": 7}, "max_tokens": {"max_tokens": 0}, "tools": {"tools": "none"}}.items():
            with self.assertRaises(openai.BadRequestError) as raised:
                self.ask("on-anthropic", "hi", **wrong)
            self.assertEqual((raised.exception.code, raised.exception.param), ("invalid_body", place_of_it))
        result = {"role": "tool", "tool_call_id": "call_9", "content": "18"}
        with self.assertRaises(openai.BadRequestError) as raised:
            self.client.chat.completions.create(model="on-anthropic", messages=[result])
        self.assertEqual(raised.exception.param, "messages[0]")

    def test_a_body_that_is_no_json_says_where(self):
        with self.assertRaises(openai.BadRequestError) as raised:
            self.client.post("/chat/completions", content=b'{"model": on}', cast_to=object)
        self.assertIn("line 1, column 11", raised.exception.message)

    def test_a_base_url_without_its_version_is_explained(self):
        with openai.OpenAI(api_key=place.KEY, base_url=place.URL, max_retries=0) as client:
            with self.assertRaises(openai.NotFoundError) as raised:
                self.ask("on-openai", "hi", client)
        self.assertIn("`/v1/chat/completions`", raised.exception.message)


class Connections(Case):
    @each
    def test_retries_are_the_clients_and_wait_as_long_as_the_provider_says(self, model):
        for status in (429, 500):
            word, began = place.mark(), time.monotonic()
            answer = self.ask(model, f"once {status} {word}", self.retrying)
            self.assertEqual(answer.choices[0].message.content, HELLO)
            self.assertEqual(place.seen(word)["requests"], 2)
            if status == 429:
                self.assertGreater(time.monotonic() - began, 0.95)
        word = place.mark()
        with self.assertRaises(openai.BadRequestError):
            self.ask(model, f"status 400 {word}", self.retrying)
        self.assertEqual(place.seen(word)["requests"], 1)

    @each
    def test_an_abandoned_stream_ends_at_the_provider(self, model):
        word = place.mark()
        stream = self.ask(model, f"forever {word}", stream=True)
        for _, _ in zip(range(4), stream):
            pass
        stream.close()
        self.assertTrue(place.closed(word))

    @each
    def test_an_abandoned_request_ends_at_the_provider(self, model):
        word = place.mark()
        with self.assertRaises(openai.APITimeoutError):
            self.ask(model, f"silent {word}", timeout=0.3)
        self.assertTrue(place.closed(word))


if __name__ == "__main__":
    unittest.main()
