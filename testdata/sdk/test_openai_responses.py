"""The official OpenAI client for Python, responses, on every provider (see run.py).

The providers are strict, so a request that one of them would refuse fails its test.
"""

import json
import unittest

import openai
import pydantic

import place
from place import HELLO, each
from providers.script import PNG

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS = [{"type": "function", "name": "get_weather", "description": "d", "parameters": CITY, "strict": False}]
CITIES = [{"role": "user", "content": "the weather in both cities"}]


class Answer(pydantic.BaseModel):
    answer: int


def can(model, feature):
    return place.can("openai-responses", model, feature)


class Responses(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = openai.OpenAI(api_key=place.KEY, base_url=f"{place.URL}/v1", max_retries=0, timeout=20)
        cls.addClassCleanup(cls.client.close)

    def ask(self, model, content, **rest):
        return self.client.responses.create(model=model, instructions="Be brief.", input=content, **rest)

    @each
    def test_words(self, model):
        answer = self.ask(model, "hi", max_output_tokens=100)
        self.assertEqual(answer.output_text, HELLO)
        self.assertEqual(answer.status, "completed")
        self.assertEqual((answer.usage.input_tokens, answer.usage.output_tokens), (20, 5))
        self.assertEqual(answer.usage.input_tokens_details.cached_tokens, 8)

    @each
    def test_streamed_words(self, model):
        with self.client.responses.stream(model=model, input="hi") as stream:
            events = list(stream)
            final = stream.get_final_response()
        text = "".join(event.delta for event in events if event.type == "response.output_text.delta")
        self.assertEqual((text, final.output_text), (HELLO, HELLO))
        self.assertEqual(final.usage.total_tokens, 25)

    @each
    def test_parallel_tools_and_their_results(self, model):
        answer = self.ask(model, CITIES, tools=TOOLS)
        calls = [item for item in answer.output if item.type == "function_call"]
        cities = [json.loads(call.arguments)["city"] for call in calls]
        self.assertEqual(cities, ["Oslo", "Rome"])
        results = [
            {"type": "function_call_output", "call_id": call.call_id, "output": f"sun in {city}"}
            for call, city in zip(calls, cities)
        ]
        after = self.ask(model, [*CITIES, *answer.output, *results], tools=TOOLS)
        self.assertEqual(after.output_text, "sun in Oslo and sun in Rome, I hear.")

    @each
    def test_streamed_tools(self, model):
        with self.client.responses.stream(model=model, input=CITIES, tools=TOOLS) as stream:
            final = stream.get_final_response()
        calls = [item for item in final.output if item.type == "function_call"]
        self.assertEqual([json.loads(call.arguments)["city"] for call in calls], ["Oslo", "Rome"])

    @each
    def test_structured_output(self, model):
        answer = self.client.responses.parse(model=model, input="say json", text_format=Answer)
        self.assertEqual(answer.output_parsed, Answer(answer=42))

    @each
    def test_pictures(self, model):
        word = place.mark()
        content = [
            {"type": "input_text", "text": f"what picture {word}"},
            {"type": "input_image", "detail": "auto", "image_url": f"data:image/png;base64,{PNG}"},
        ]
        self.assertEqual(self.ask(model, [{"role": "user", "content": content}]).output_text, "A pixel.")
        self.assertIn(PNG, place.seen(word)["bodies"][0])

    @each
    def test_thoughts(self, model):
        if not can(model, "reasoning"):
            return
        answer = self.ask(model, "think", reasoning={"effort": "low", "summary": "auto"}, store=False)
        thoughts = [item.summary[0].text for item in answer.output if item.type == "reasoning"]
        self.assertEqual(thoughts, ["Hmm, let me see."])
        self.assertEqual(answer.output_text, "I thought about it.")

    @each
    def test_a_stored_conversation_needs_a_provider_that_stores(self, model):
        first = self.ask(model, "hi", store=True) if can(model, "store") else None
        reference = {"type": "item_reference", "id": first.output[0].id if first else "msg_0"}
        request = [reference, {"role": "user", "content": "hi"}]
        if can(model, "stored-conversation"):
            return self.assertEqual(self.ask(model, request).output_text, HELLO)
        with self.assertRaises(openai.BadRequestError) as raised:
            self.ask(model, request)
        self.assertEqual(raised.exception.code, "unsupported_feature")

    @each
    def test_errors_raise_what_they_should(self, model):
        classes = {400: openai.BadRequestError, 429: openai.RateLimitError, 500: openai.InternalServerError}
        for status, kind in classes.items():
            for stream in (False, True):
                with self.assertRaises(kind):
                    self.ask(model, f"status {status}", stream=stream)

    @each
    def test_a_cut_stream_is_an_error(self, model):
        with self.assertRaises(openai.APIError):
            list(self.ask(model, "cut forever", stream=True))

    @each
    def test_an_abandoned_stream_ends_at_the_provider(self, model):
        word = place.mark()
        stream = self.ask(model, f"forever {word}", stream=True)
        for _, _ in zip(range(6), stream):
            pass
        stream.close()
        self.assertTrue(place.closed(word))


if __name__ == "__main__":
    unittest.main()
