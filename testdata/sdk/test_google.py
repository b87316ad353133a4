"""The official Google client for Python on every provider (see run.py).

The providers are strict, so a request that one of them would refuse fails its test.
"""

import base64
import json
import time
import unittest

import httpx2
from google import genai
from google.genai import errors, types

import place
from place import ANSWER, CITY, HELLO, each
from providers.script import PNG

DECLARATION = types.FunctionDeclaration(name="get_weather", description="d", parameters_json_schema=CITY)
TOOLS = [types.Tool(function_declarations=[DECLARATION])]
CITIES = types.Content(role="user", parts=[types.Part(text="the weather in both cities")])


def can(model, feature):
    return place.can("gemini-generate-content", model, feature)


def new_client(key=place.KEY, attempts=1, timeout_ms=20_000):
    retry = types.HttpRetryOptions(attempts=attempts, initial_delay=0.1, jitter=0.1)
    options = types.HttpOptions(base_url=place.URL, timeout=timeout_ms, retry_options=retry)
    return genai.Client(api_key=key, http_options=options)


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = new_client()
        cls.retrying = new_client(attempts=3)
        cls.impatient = new_client(timeout_ms=300)

    def ask(self, model, contents, client=None, **config):
        config = types.GenerateContentConfig(system_instruction="Be brief.", **config)
        return (client or self.client).models.generate_content(model=model, contents=contents, config=config)

    def stream(self, model, contents):
        return self.client.models.generate_content_stream(model=model, contents=contents)


class Answers(Case):
    @each
    def test_words(self, model):
        answer = self.ask(model, "hi", temperature=0.5, max_output_tokens=100, stop_sequences=["x"])
        self.assertEqual(answer.text, HELLO)
        used = answer.usage_metadata
        self.assertEqual((used.prompt_token_count, used.cached_content_token_count), (20, 8))
        self.assertEqual(used.total_token_count, 25)

    @each
    def test_streamed_words(self, model):
        chunks = list(self.stream(model, "hi"))
        self.assertEqual("".join(chunk.text or "" for chunk in chunks), HELLO)
        self.assertEqual(chunks[-1].candidates[0].finish_reason, types.FinishReason.STOP)

    @each
    def test_parallel_tools_and_their_results(self, model):
        answer = self.ask(model, [CITIES], tools=TOOLS)
        calls = answer.function_calls
        self.assertEqual([call.args["city"] for call in calls], ["Oslo", "Rome"])
        results = [
            types.Part(
                function_response=types.FunctionResponse(
                    id=call.id, name=call.name, response={"result": f"sun in {call.args['city']}"}
                )
            )
            for call in calls
        ]
        contents = [CITIES, answer.candidates[0].content, types.Content(role="user", parts=results)]
        after = self.ask(model, contents, tools=TOOLS)
        self.assertIn("sun in Oslo", after.text)
        self.assertIn("sun in Rome", after.text)

    @each
    def test_functions_that_the_client_calls_itself(self, model):
        def get_weather(city: str) -> str:
            """The weather in a city."""
            return f"sun in {city}"

        answer = self.ask(model, "the weather in both cities", tools=[get_weather])
        self.assertIn("sun in Oslo", answer.text)
        self.assertIn("sun in Rome", answer.text)

    @each
    def test_structured_output(self, model):
        answer = self.ask(model, "say json", response_mime_type="application/json", response_json_schema=ANSWER)
        self.assertEqual(json.loads(answer.text), {"answer": 42})

    @each
    def test_pictures(self, model):
        word = place.mark()
        picture = types.Part.from_bytes(data=base64.b64decode(PNG), mime_type="image/png")
        self.assertEqual(self.ask(model, [f"what picture {word}", picture]).text, "A pixel.")
        # Google's client writes the other alphabet of Base64, which only Gemini itself is sent.
        self.assertIn(PNG, place.seen(word)["bodies"][0].replace("mNk-M9", "mNk+M9"))

    @each
    def test_thoughts(self, model):
        if not can(model, "reasoning"):
            return
        config = types.ThinkingConfig(include_thoughts=True, thinking_budget=1024)
        answer = self.ask(model, "think", thinking_config=config)
        thoughts = [part for part in answer.candidates[0].content.parts if part.thought]
        self.assertEqual([part.text for part in thoughts if part.text], ["Hmm, let me see."])
        self.assertEqual(answer.text, "I thought about it.")

    def test_tokens_are_counted_where_the_provider_counts_them(self):
        self.assertEqual(self.client.models.count_tokens(model="on-gemini", contents="hi").total_tokens, 7)

    def test_models(self):
        names = [model.name for model in self.client.models.list()]
        self.assertEqual(names, sorted(f"models/on-{provider}" for provider in place.PROVIDERS))


class Errors(Case):
    @each
    def test_each_status_raises_its_class(self, model):
        for status in (400, 404, 429, 500, 503):
            kind = errors.ClientError if status < 500 else errors.ServerError
            with self.assertRaises(kind) as raised:
                self.ask(model, f"status {status}")
            if status < 500:
                self.assertEqual(raised.exception.code, status)
            with self.assertRaises(kind):
                list(self.stream(model, f"status {status}"))

    @each
    def test_a_cut_stream_is_an_error(self, model):
        with self.assertRaises((errors.APIError, httpx2.HTTPError)):
            list(self.stream(model, "cut forever"))

    def test_wrong_keys_and_models(self):
        with self.assertRaises(errors.ClientError) as raised:
            self.ask("on-openai", "hi", new_client("pmk_live_wrong"))
        self.assertEqual(raised.exception.code, 401)
        with self.assertRaises(errors.ClientError) as raised:
            self.ask("nobody", "hi")
        self.assertEqual((raised.exception.code, raised.exception.status), (404, "NOT_FOUND"))


class Connections(Case):
    @each
    def test_retries_are_the_clients(self, model):
        for status in (429, 500):
            word = place.mark()
            self.assertEqual(self.ask(model, f"once {status} {word}", self.retrying).text, HELLO)
            self.assertEqual(place.seen(word)["requests"], 2)

    @each
    def test_an_abandoned_stream_ends_at_the_provider(self, model):
        word = place.mark()
        stream = self.stream(model, f"forever {word}")
        for _, _ in zip(range(4), stream):
            pass
        stream.close()
        self.assertTrue(place.closed(word))

    @each
    def test_an_abandoned_request_ends_at_the_provider(self, model):
        word = place.mark()
        with self.assertRaises(Exception) as raised:
            self.ask(model, f"silent {word}", self.impatient)
        self.assertIn("imeout", type(raised.exception).__name__)
        self.assertTrue(place.closed(word))


if __name__ == "__main__":
    unittest.main()
