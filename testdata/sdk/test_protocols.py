"""The official clients of OpenAI, Anthropic and Google, each on every provider protocol.

    test_protocols.py BINARY

Starts the binary's gateway before scripted providers (see upstream.py). Every test is run for each of the providers; the
providers are strict, so a request that one of them would refuse fails its test.
"""

import json
import os
import sys
import unittest

import anthropic
import openai
from google import genai
from google.genai import errors as genai_errors
from google.genai import types as genai_types

import gateway
from upstream import PNG, PROVIDERS

GATEWAY = None
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
ANSWER = {
    "type": "object",
    "properties": {"answer": {"type": "integer"}},
    "required": ["answer"],
    "additionalProperties": False,
}
HELLO = "Hello wörld \U0001f600."


def each(test):
    """Runs a test with the model of every provider."""

    def run(self):
        for provider in PROVIDERS:
            with self.subTest(provider=provider):
                test(self, f"on-{provider}")

    return run


class OpenAi(unittest.TestCase):
    def setUp(self):
        self.client = openai.OpenAI(
            api_key=GATEWAY.key, base_url=f"{GATEWAY.base_url}/v1", max_retries=0, timeout=20
        )

    def tearDown(self):
        self.client.close()

    def ask(self, model, content, **rest):
        messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": content}]
        return self.client.chat.completions.create(model=model, messages=messages, **rest)

    @each
    def test_words(self, model):
        # Gemini has no form for the end user, and nothing is dropped in silence.
        rest = {} if "gemini" in model else {"user": "u"}
        answer = self.ask(model, "hi", temperature=0.5, max_completion_tokens=100, stop=["x"], **rest)
        self.assertEqual(answer.choices[0].message.content, HELLO)
        self.assertEqual(answer.choices[0].finish_reason, "stop")
        self.assertEqual((answer.usage.prompt_tokens, answer.usage.completion_tokens), (20, 5))
        self.assertEqual(answer.usage.prompt_tokens_details.cached_tokens, 8)

    @each
    def test_streamed_words(self, model):
        stream = self.ask(model, "hi", stream=True, stream_options={"include_usage": True})
        chunks = list(stream)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        self.assertEqual(text, HELLO)
        self.assertEqual(chunks[-1].usage.total_tokens, 25)
        self.assertEqual([c.choices[0].finish_reason for c in chunks if c.choices][-1], "stop")

    @each
    def test_streams_show_usage_only_when_asked(self, model):
        self.assertTrue(all(chunk.choices for chunk in self.ask(model, "hi", stream=True)))

    tools = [{"type": "function", "function": {"name": "get_weather", "description": "d", "parameters": CITY}}]

    @each
    def test_parallel_tools_and_their_results(self, model):
        answer = self.ask(model, "the weather in both cities", tools=self.tools)
        message = answer.choices[0].message
        self.assertEqual(answer.choices[0].finish_reason, "tool_calls")
        cities = [json.loads(call.function.arguments)["city"] for call in message.tool_calls]
        self.assertEqual(cities, ["Oslo", "Rome"])
        self.assertEqual(len({call.id for call in message.tool_calls}), 2)
        results = [
            {"role": "tool", "tool_call_id": call.id, "content": f"sun in {city}"}
            for call, city in zip(message.tool_calls, cities)
        ]
        messages = [{"role": "user", "content": "the weather in both cities"}, message, *results]
        after = self.client.chat.completions.create(model=model, messages=messages, tools=self.tools)
        self.assertEqual(after.choices[0].message.content, "sun in Oslo and sun in Rome, I hear.")

    @each
    def test_streamed_tools(self, model):
        with self.client.chat.completions.stream(
            model=model, messages=[{"role": "user", "content": "the weather in both cities"}], tools=self.tools
        ) as stream:
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
        content = [
            {"type": "text", "text": "what picture"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
        ]
        self.assertEqual(self.ask(model, content).choices[0].message.content, "A pixel.")
        self.assertIn(PNG, GATEWAY.upstream.seen[-1][1])

    @each
    def test_thoughts(self, model):
        message = self.ask(model, "think", reasoning_effort="low").choices[0].message
        self.assertEqual(message.content, "I thought about it.")
        self.assertEqual(message.reasoning_content, "Hmm, let me see.")

    @each
    def test_errors_raise_what_they_should(self, model):
        with self.assertRaises(openai.BadRequestError) as raised:
            self.ask(model, "status 400")
        self.assertIn("you asked for 400", raised.exception.message)
        with self.assertRaises(openai.RateLimitError):
            self.ask(model, "status 429")
        with self.assertRaises(openai.InternalServerError):
            self.ask(model, "status 500")

    @each
    def test_a_cut_stream_is_an_error(self, model):
        with self.assertRaises(openai.APIError):
            list(self.ask(model, "cut", stream=True))

    def test_what_a_provider_cannot_do_is_named(self):
        with self.assertRaises(openai.BadRequestError) as raised:
            self.ask("on-anthropic", "hi", seed=7, logit_bias={"1": 2})
        self.assertIn("seed", raised.exception.message)

    def test_models(self):
        names = [model.id for model in self.client.models.list()]
        self.assertEqual(names, sorted(f"on-{provider}" for provider in PROVIDERS))


class Anthropic(unittest.TestCase):
    def setUp(self):
        self.client = anthropic.Anthropic(
            api_key=GATEWAY.key, base_url=GATEWAY.base_url, max_retries=0, timeout=20
        )

    def tearDown(self):
        self.client.close()

    def ask(self, model, content, **rest):
        messages = [{"role": "user", "content": content}]
        return self.client.messages.create(
            model=model, messages=messages, system="Be brief.", max_tokens=2000, **rest
        )

    @each
    def test_words(self, model):
        answer = self.ask(model, "hi", stop_sequences=["x"], metadata={"user_id": "u"} if "gemini" not in model else {})
        self.assertEqual("".join(block.text for block in answer.content), HELLO)
        self.assertEqual(answer.stop_reason, "end_turn")
        self.assertEqual((answer.usage.input_tokens, answer.usage.cache_read_input_tokens), (12, 8))
        self.assertEqual(answer.usage.output_tokens, 5)

    @each
    def test_streamed_words(self, model):
        messages = [{"role": "user", "content": "hi"}]
        with self.client.messages.stream(model=model, messages=messages, max_tokens=100) as stream:
            self.assertEqual("".join(stream.text_stream), HELLO)
            final = stream.get_final_message()
        self.assertEqual((final.stop_reason, final.usage.output_tokens), ("end_turn", 5))

    tools = [{"name": "get_weather", "description": "d", "input_schema": CITY}]

    @each
    def test_parallel_tools_and_their_results(self, model):
        words = "the weather in both cities"
        answer = self.ask(model, words, tools=self.tools, tool_choice={"type": "auto"})
        self.assertEqual(answer.stop_reason, "tool_use")
        calls = [block for block in answer.content if block.type == "tool_use"]
        self.assertEqual([call.input["city"] for call in calls], ["Oslo", "Rome"])
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": f"sun in {call.input['city']}"}
            for call in calls
        ]
        messages = [
            {"role": "user", "content": words},
            {"role": "assistant", "content": [block.model_dump(exclude_none=True) for block in answer.content]},
            {"role": "user", "content": results},
        ]
        after = self.client.messages.create(model=model, messages=messages, max_tokens=100, tools=self.tools)
        self.assertEqual(after.content[0].text, "sun in Oslo and sun in Rome, I hear.")

    @each
    def test_streamed_tools(self, model):
        messages = [{"role": "user", "content": "the weather in both cities"}]
        with self.client.messages.stream(
            model=model, messages=messages, max_tokens=100, tools=self.tools
        ) as stream:
            final = stream.get_final_message()
        calls = [block for block in final.content if block.type == "tool_use"]
        self.assertEqual([call.input["city"] for call in calls], ["Oslo", "Rome"])

    @each
    def test_structured_output(self, model):
        answer = self.ask(
            model, "say json", output_config={"format": {"type": "json_schema", "schema": ANSWER}}
        )
        self.assertEqual(json.loads(answer.content[-1].text), {"answer": 42})

    @each
    def test_pictures(self, model):
        source = {"type": "base64", "media_type": "image/png", "data": PNG}
        content = [{"type": "image", "source": source}, {"type": "text", "text": "what picture"}]
        self.assertEqual(self.ask(model, content).content[0].text, "A pixel.")

    @each
    def test_thoughts(self, model):
        answer = self.ask(model, "think", thinking={"type": "enabled", "budget_tokens": 1024})
        thoughts = [block for block in answer.content if block.type == "thinking"]
        self.assertEqual(thoughts[0].thinking, "Hmm, let me see.")
        self.assertEqual(answer.content[-1].text, "I thought about it.")

    @each
    def test_errors_raise_what_they_should(self, model):
        with self.assertRaises(anthropic.BadRequestError):
            self.ask(model, "status 400")
        with self.assertRaises(anthropic.RateLimitError):
            self.ask(model, "status 429")
        with self.assertRaises(anthropic.InternalServerError):
            self.ask(model, "status 500")

    @each
    def test_a_cut_stream_is_an_error(self, model):
        with self.assertRaises(anthropic.APIError):
            with self.client.messages.stream(
                model=model, messages=[{"role": "user", "content": "cut"}], max_tokens=9
            ) as stream:
                stream.get_final_message()

    def test_models(self):
        names = [model.id for model in self.client.models.list()]
        self.assertEqual(names, sorted(f"on-{provider}" for provider in PROVIDERS))


class Google(unittest.TestCase):
    def setUp(self):
        self.client = genai.Client(
            api_key=GATEWAY.key, http_options=genai_types.HttpOptions(base_url=GATEWAY.base_url, timeout=20_000)
        )

    def ask(self, model, contents, **config):
        config = genai_types.GenerateContentConfig(system_instruction="Be brief.", **config)
        return self.client.models.generate_content(model=model, contents=contents, config=config)

    @each
    def test_words(self, model):
        answer = self.ask(model, "hi", temperature=0.5, max_output_tokens=100, stop_sequences=["x"])
        self.assertEqual(answer.text, HELLO)
        used = answer.usage_metadata
        self.assertEqual((used.prompt_token_count, used.cached_content_token_count), (20, 8))
        self.assertEqual(used.total_token_count, 25)

    @each
    def test_streamed_words(self, model):
        chunks = list(self.client.models.generate_content_stream(model=model, contents="hi"))
        self.assertEqual("".join(chunk.text or "" for chunk in chunks), HELLO)
        self.assertEqual(chunks[-1].candidates[0].finish_reason, genai_types.FinishReason.STOP)

    declaration = genai_types.FunctionDeclaration(name="get_weather", description="d", parameters_json_schema=CITY)
    tools = [genai_types.Tool(function_declarations=[declaration])]

    @each
    def test_parallel_tools_and_their_results(self, model):
        words = genai_types.Content(role="user", parts=[genai_types.Part(text="the weather in both cities")])
        answer = self.ask(model, [words], tools=self.tools)
        calls = answer.function_calls
        self.assertEqual([call.args["city"] for call in calls], ["Oslo", "Rome"])
        results = [
            genai_types.Part(
                function_response=genai_types.FunctionResponse(
                    id=call.id, name=call.name, response={"result": f"sun in {call.args['city']}"}
                )
            )
            for call in calls
        ]
        contents = [words, answer.candidates[0].content, genai_types.Content(role="user", parts=results)]
        after = self.ask(model, contents, tools=self.tools)
        self.assertIn("sun in Oslo", after.text)
        self.assertIn("sun in Rome", after.text)

    @each
    def test_structured_output(self, model):
        answer = self.ask(
            model, "say json", response_mime_type="application/json", response_json_schema=ANSWER
        )
        self.assertEqual(json.loads(answer.text), {"answer": 42})

    @each
    def test_errors_raise_what_they_should(self, model):
        with self.assertRaises(genai_errors.ClientError) as raised:
            self.ask(model, "status 429")
        self.assertEqual(raised.exception.code, 429)
        with self.assertRaises(genai_errors.ServerError):
            self.ask(model, "status 500")


def main(binary):
    global GATEWAY
    GATEWAY = gateway.Gateway(binary)
    try:
        return unittest.main(argv=["test_protocols", *sys.argv[2:]], exit=False).result.wasSuccessful()
    finally:
        if os.environ.get("POINTSMAN_SDK_LOG"):
            with open(GATEWAY.path("log"), encoding="utf-8") as log:
                sys.stderr.write(log.read())
            sys.stderr.write("\n".join(GATEWAY.upstream.refused) + "\n")
        GATEWAY.close()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(0 if main(sys.argv[1]) else 1)
