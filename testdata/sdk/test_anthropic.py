"""The official Anthropic client for Python on every provider (see run.py).

The providers are strict, so a request that one of them would refuse fails its test.
"""

import json
import time
import unittest

import anthropic

import place
from alike import Statuses
from place import ANSWER, CITY, HELLO, each
from providers.script import PNG

TOOLS = [{"name": "get_weather", "description": "d", "input_schema": CITY}]
CITIES = [{"role": "user", "content": "the weather in both cities"}]


def can(model, feature):
    return place.can("anthropic-messages", model, feature)


def new_client(key=place.KEY, max_retries=0):
    return anthropic.Anthropic(api_key=key, base_url=place.URL, max_retries=max_retries, timeout=20)


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = new_client()
        cls.retrying = new_client(max_retries=2)
        cls.addClassCleanup(cls.client.close)
        cls.addClassCleanup(cls.retrying.close)

    def ask(self, model, content, client=None, **rest):
        messages = [{"role": "user", "content": content}]
        rest = {"max_tokens": 2000, "system": "Be brief.", **rest}
        return (client or self.client).messages.create(model=model, messages=messages, **rest)

    def stream(self, model, content, **rest):
        messages = [{"role": "user", "content": content}]
        return self.client.messages.stream(model=model, messages=messages, max_tokens=100, **rest)


class Answers(Case):
    @each
    def test_words(self, model):
        rest = {"metadata": {"user_id": "u"}} if can(model, "user") else {}
        answer = self.ask(model, "hi", stop_sequences=["x"], **rest)
        self.assertEqual("".join(block.text for block in answer.content), HELLO)
        self.assertEqual(answer.stop_reason, "end_turn")
        self.assertEqual((answer.usage.input_tokens, answer.usage.cache_read_input_tokens), (12, 8))
        self.assertEqual(answer.usage.output_tokens, 5)

    @each
    def test_streamed_words(self, model):
        with self.stream(model, "hi") as stream:
            self.assertEqual("".join(stream.text_stream), HELLO)
            final = stream.get_final_message()
        self.assertEqual((final.stop_reason, final.usage.output_tokens), ("end_turn", 5))

    @each
    def test_parallel_tools_and_their_results(self, model):
        answer = self.ask(model, CITIES[0]["content"], tools=TOOLS, tool_choice={"type": "auto"})
        self.assertEqual(answer.stop_reason, "tool_use")
        calls = [block for block in answer.content if block.type == "tool_use"]
        self.assertEqual([call.input["city"] for call in calls], ["Oslo", "Rome"])
        self.assertEqual(len({call.id for call in calls}), 2)
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": f"sun in {call.input['city']}"}
            for call in calls
        ]
        said = [block.model_dump(exclude_none=True) for block in answer.content]
        messages = [*CITIES, {"role": "assistant", "content": said}, {"role": "user", "content": results}]
        after = self.client.messages.create(model=model, messages=messages, max_tokens=100, tools=TOOLS)
        self.assertEqual(after.content[0].text, "sun in Oslo and sun in Rome, I hear.")

    @each
    def test_streamed_tools(self, model):
        with self.stream(model, CITIES[0]["content"], tools=TOOLS) as stream:
            final = stream.get_final_message()
        calls = [block for block in final.content if block.type == "tool_use"]
        self.assertEqual([call.input["city"] for call in calls], ["Oslo", "Rome"])

    @each
    def test_structured_output(self, model):
        answer = self.ask(model, "say json", output_config={"format": {"type": "json_schema", "schema": ANSWER}})
        self.assertEqual(json.loads(answer.content[-1].text), {"answer": 42})

    @each
    def test_pictures(self, model):
        word = place.mark()
        source = {"type": "base64", "media_type": "image/png", "data": PNG}
        content = [{"type": "image", "source": source}, {"type": "text", "text": f"what picture {word}"}]
        self.assertEqual(self.ask(model, content).content[0].text, "A pixel.")
        self.assertIn(PNG, place.seen(word)["bodies"][0])

    @each
    def test_thoughts(self, model):
        if not can(model, "reasoning"):
            return
        answer = self.ask(model, "think", thinking={"type": "enabled", "budget_tokens": 1024})
        thoughts = [block for block in answer.content if block.type == "thinking"]
        self.assertEqual(thoughts[0].thinking, "Hmm, let me see.")
        self.assertEqual(answer.content[-1].text, "I thought about it.")

    def test_tokens_are_counted_where_the_provider_counts_them(self):
        counted = self.client.messages.count_tokens(model="on-anthropic", messages=CITIES)
        self.assertEqual(counted.input_tokens, 7)

    def test_models(self):
        names = [model.id for model in self.client.models.list()]
        self.assertEqual(names, sorted(f"on-{provider}" for provider in place.PROVIDERS))


class Errors(Statuses, Case):
    classes = {
        400: anthropic.BadRequestError,
        404: anthropic.NotFoundError,
        413: anthropic.RequestTooLargeError,
        429: anthropic.RateLimitError,
        500: anthropic.InternalServerError,
        529: anthropic.InternalServerError,
    }

    @each
    def test_a_cut_stream_is_an_error(self, model):
        with self.assertRaises(anthropic.APIError):
            with self.stream(model, "cut forever") as stream:
                stream.get_final_message()

    def test_wrong_keys_and_models(self):
        with self.assertRaises(anthropic.AuthenticationError):
            self.ask("on-openai", "hi", new_client("pmk_live_wrong"))
        with self.assertRaises(anthropic.NotFoundError):
            self.ask("nobody", "hi")


class Connections(Case):
    @each
    def test_retries_are_the_clients_and_wait_as_long_as_the_provider_says(self, model):
        for status in (429, 529):
            word, began = place.mark(), time.monotonic()
            answer = self.ask(model, f"once {status} {word}", self.retrying)
            self.assertEqual("".join(block.text for block in answer.content), HELLO)
            self.assertEqual(place.seen(word)["requests"], 2)
            self.assertGreater(time.monotonic() - began, 0.95)
        word = place.mark()
        with self.assertRaises(anthropic.BadRequestError):
            self.ask(model, f"status 400 {word}", self.retrying)
        self.assertEqual(place.seen(word)["requests"], 1)

    @each
    def test_an_abandoned_stream_ends_at_the_provider(self, model):
        word = place.mark()
        with self.stream(model, f"forever {word}") as stream:
            for _, _ in zip(range(4), stream):
                pass
        self.assertTrue(place.closed(word))

    @each
    def test_an_abandoned_request_ends_at_the_provider(self, model):
        word = place.mark()
        with self.assertRaises(anthropic.APITimeoutError):
            self.ask(model, f"silent {word}", timeout=0.3)
        self.assertTrue(place.closed(word))


if __name__ == "__main__":
    unittest.main()
