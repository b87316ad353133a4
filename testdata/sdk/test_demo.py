"""The official OpenAI client for Python against a running demo (see with_demo.py).

Each test says what an application would say and expects what it would expect of OpenAI. Which providers stand behind a
model is learned from the answers, which name them, so that the policies of the demo can change without this file.
"""

import json
import os
import re
import unittest
import urllib.request

import openai

KEY = os.environ["POINTSMAN_KEY"]
BASE_URL = os.environ["POINTSMAN_BASE_URL"]
UPSTREAM_URL = os.environ["POINTSMAN_UPSTREAM_URL"].rstrip("/")
PROVIDERS_MAX = 8
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def client(key=KEY):
    return openai.OpenAI(api_key=key, base_url=BASE_URL, max_retries=0, timeout=30)


def order(provider, **fault):
    """Tells the demo upstream what goes wrong at a provider from now on."""
    body = json.dumps(fault).encode()
    request = urllib.request.Request(f"{UPSTREAM_URL}/control/{provider}", data=body, method="PUT")
    with urllib.request.urlopen(request, timeout=10) as response:
        json.load(response)


def say(text):
    return [{"role": "user", "content": text}]


def served_by(text):
    """The provider that an answer says it comes from."""
    return re.search(r"at provider (\S+?)\)", text).group(1)


class OpenAi(unittest.TestCase):
    def setUp(self):
        self.client = client()
        self.model = self.client.models.list().data[0].id
        self.ordered = set()

    def tearDown(self):
        for provider in self.ordered:
            order(provider, fault="none")
        self.client.close()

    def order(self, provider, **fault):
        self.ordered.add(provider)
        order(provider, **fault)

    def ask(self, text="hello", **more):
        return self.client.chat.completions.create(model=self.model, messages=say(text), **more)

    def test_models_are_listed(self):
        models = self.client.models.list().data
        self.assertTrue(models)
        for model in models:
            self.assertEqual(model.object, "model")

    def test_an_answer_comes_whole(self):
        answer = self.ask("hello there")
        choice = answer.choices[0]
        self.assertEqual((choice.message.role, choice.finish_reason), ("assistant", "stop"))
        self.assertIn("You said: hello there", choice.message.content)
        self.assertEqual(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens)

    def test_responses_come_whole_and_streamed(self):
        whole = self.client.responses.create(model=self.model, input="hello there")
        self.assertIn("You said: hello there", whole.output_text)
        with self.client.responses.stream(model=self.model, input="one two three") as stream:
            self.assertIn("You said: one two three", stream.get_final_response().output_text)

    def test_endpoints_that_are_forwarded_answer(self):
        self.assertIn("You wrote: hello", self.client.completions.create(model=self.model, prompt="hello").choices[0].text)
        self.assertFalse(self.client.moderations.create(model=self.model, input="hello").results[0].flagged)
        self.assertTrue(self.client.images.generate(model=self.model, prompt="a cat").data[0].b64_json)
        speech = self.client.audio.speech.create(model=self.model, input="hello", voice="alloy")
        self.assertTrue(speech.content.startswith(b"RIFF"))
        words = self.client.audio.transcriptions.create(model=self.model, file=("a.wav", speech.content))
        self.assertIn("I heard", words.text)

    def test_headers_name_request_and_snapshot(self):
        raw = self.client.chat.completions.with_raw_response.create(model=self.model, messages=say("hello"))
        self.assertTrue(raw.headers["x-pointsman-request-id"])
        self.assertTrue(raw.headers["x-pointsman-snapshot"])

    def test_an_answer_streams_with_usage(self):
        chunks = list(self.ask("one two three", stream=True, stream_options={"include_usage": True}))
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        self.assertIn("You said: one two three", text)
        self.assertGreater(len(chunks), 5, "the answer must arrive in pieces")
        self.assertEqual(chunks[-1].choices, [])
        self.assertGreater(chunks[-1].usage.total_tokens, 0)
        self.assertEqual([chunk.choices[0].finish_reason for chunk in chunks[-2:-1]], ["stop"])

    def test_an_answer_streams_without_usage(self):
        chunks = list(self.ask("one two three", stream=True))
        self.assertTrue(all(chunk.choices for chunk in chunks), "a usage chunk came that nobody asked for")

    def test_a_tool_is_called(self):
        answer = self.ask("What is the weather?", tools=[WEATHER])
        choice = answer.choices[0]
        self.assertEqual(choice.finish_reason, "tool_calls")
        call = choice.message.tool_calls[0]
        self.assertEqual((call.function.name, json.loads(call.function.arguments)), ("get_weather", {"city": "Paris"}))
        result = {"role": "tool", "tool_call_id": call.id, "content": "18 degrees"}
        messages = [*say("What is the weather?"), choice.message, result]
        after = self.client.chat.completions.create(model=self.model, messages=messages, tools=[WEATHER])
        self.assertEqual(after.choices[0].finish_reason, "stop")

    def test_a_tool_call_streams(self):
        arguments, names = "", []
        for chunk in self.ask("What is the weather?", tools=[WEATHER], stream=True):
            for call in chunk.choices[0].delta.tool_calls or []:
                names += [call.function.name] if call.function.name else []
                arguments += call.function.arguments or ""
        self.assertEqual((names, json.loads(arguments)), (["get_weather"], {"city": "Paris"}))

    def test_a_wrong_key_is_refused(self):
        for key in ["wrong", KEY[:-1] + ("a" if KEY[-1] != "a" else "b")]:
            with self.assertRaises(openai.AuthenticationError) as caught:
                client(key).models.list()
            self.assertEqual(caught.exception.status_code, 401)

    def test_an_unknown_model_is_not_found(self):
        with self.assertRaises(openai.NotFoundError) as caught:
            self.client.chat.completions.create(model="no-such-model", messages=say("hello"))
        self.assertEqual(caught.exception.code, "model_not_found")

    def providers(self):
        """The providers behind the model, found by failing them one after another, and left failing."""
        found = []
        while len(found) < PROVIDERS_MAX:
            try:
                provider = served_by(self.ask().choices[0].message.content)
            except openai.APIStatusError as error:
                self.assertGreaterEqual(error.status_code, 429)
                break
            self.assertNotIn(provider, found, "a failing provider served a request")
            found.append(provider)
            self.order(provider, fault="500")
        return found

    def test_a_failing_provider_is_replaced(self):
        first = served_by(self.ask().choices[0].message.content)
        self.order(first, fault="500")
        for stream in [False, True]:
            answer = self.ask(stream=stream)
            text = (
                "".join(chunk.choices[0].delta.content or "" for chunk in answer)
                if stream
                else answer.choices[0].message.content
            )
            self.assertNotEqual(served_by(text), first)

    def test_a_cut_stream_is_an_error(self):
        for provider in self.providers():
            self.order(provider, fault="cut", after_events=3)
        with self.assertRaises(openai.APIError):
            for _ in self.ask("one two three", stream=True):
                pass


if __name__ == "__main__":
    unittest.main()
