"""Every answer of the gateway, whole and streamed, errors included, against the types of the official SDKs, strictly: what the
SDKs themselves would forgive is not forgiven here (see run.py).

What is forwarded is compared with its client's types, too, so the scripted providers are tested with it.
"""

import json
import typing
import unittest
import urllib.error
import urllib.request

import anthropic.types
import openai.types
import openai.types.chat
import openai.types.responses
from google.genai import types as gemini
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

import place
from place import ANSWER, CITY, each



class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OpenAiError(Closed):
    class Inner(Closed):
        message: str
        type: str
        param: str | None
        code: str | None

    error: Inner


class GeminiError(Closed):
    class Inner(Closed):
        code: int
        message: str
        status: str

    error: Inner


class Ping(Closed):
    """An event of Anthropic's that its SDK drops before it looks at types."""

    type: typing.Literal["ping"]


class GeminiModel(Closed):
    """Of the API's reference; the SDK renames `supportedGenerationMethods`."""

    name: str
    display_name: str = Field(alias="displayName")
    supported: list[str] = Field(alias="supportedGenerationMethods")


class GeminiModels(Closed):
    models: list[GeminiModel]


class Dialect:
    """How one client protocol is spoken: a request of it, and the types of what comes back."""

    headers = {}
    # Marks the end of a stream and is no event.
    end = None

    def __init__(self, model):
        self.model = model


class Chat(Dialect):
    answer = TypeAdapter(openai.types.chat.ChatCompletion)
    event = TypeAdapter(openai.types.chat.ChatCompletionChunk)
    error = TypeAdapter(OpenAiError)
    end = "[DONE]"

    def request(self, words, stream):
        body = {"model": self.model, "messages": [{"role": "user", "content": words}], "stream": stream}
        if "cities" in words:
            function = {"name": "get_weather", "parameters": CITY}
            body["tools"] = [{"type": "function", "function": function}]
        if "json" in words:
            schema = {"name": "answer", "schema": ANSWER}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        if stream:
            body["stream_options"] = {"include_usage": True}
        return "/v1/chat/completions", body


class Responses(Dialect):
    answer = TypeAdapter(openai.types.responses.Response)
    event = TypeAdapter(openai.types.responses.ResponseStreamEvent)
    error = TypeAdapter(OpenAiError)

    def request(self, words, stream):
        body = {"model": self.model, "input": words, "stream": stream}
        if "cities" in words:
            body["tools"] = [{"type": "function", "name": "get_weather", "parameters": CITY, "strict": False}]
        if "json" in words:
            body["text"] = {"format": {"type": "json_schema", "name": "answer", "schema": ANSWER}}
        return "/v1/responses", body


class Messages(Dialect):
    headers = {"anthropic-version": "2023-06-01"}
    answer = TypeAdapter(anthropic.types.Message)
    event = TypeAdapter(anthropic.types.RawMessageStreamEvent | Ping)
    error = TypeAdapter(anthropic.types.ErrorResponse)

    def request(self, words, stream):
        messages = [{"role": "user", "content": words}]
        body = {"model": self.model, "messages": messages, "max_tokens": 100, "stream": stream}
        if "cities" in words:
            body["tools"] = [{"name": "get_weather", "input_schema": CITY}]
        if "json" in words:
            body["output_config"] = {"format": {"type": "json_schema", "schema": ANSWER}}
        return "/v1/messages", body


class Contents(Dialect):
    answer = event = TypeAdapter(gemini.GenerateContentResponse)
    error = TypeAdapter(GeminiError)

    def request(self, words, stream):
        body = {"contents": [{"role": "user", "parts": [{"text": words}]}]}
        if "cities" in words:
            body["tools"] = [{"functionDeclarations": [{"name": "get_weather", "parametersJsonSchema": CITY}]}]
        if "json" in words:
            body["generationConfig"] = {"responseMimeType": "application/json", "responseJsonSchema": ANSWER}
        method = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return f"/v1beta/models/{self.model}:{method}", body


DIALECTS = (Chat, Responses, Messages, Contents)
WORDS = ("hi", "the weather in both cities", "say json", "think")


def ask(path, body, headers=None):
    """Status and text of an answer."""
    headers = {"authorization": f"Bearer {place.KEY}", "content-type": "application/json", **(headers or {})}
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(place.URL + path, data, headers), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def events(text):
    """Without what Azure's filters say of a prompt, which is forwarded and in no type of OpenAI's."""
    found = [line.removeprefix("data: ") for line in text.split("\n") if line.startswith("data: ")]
    return [data for data in found if "prompt_filter_results" not in data]


class Strict(unittest.TestCase):
    def both(self, model, words, check):
        """Checks each dialect's answer to some words, whole and streamed."""
        for kind in DIALECTS:
            dialect = kind(model)
            for stream in (False, True):
                with self.subTest(dialect=kind.__name__, words=words, stream=stream):
                    check(dialect, stream, *ask(*dialect.request(words, stream), dialect.headers))

    @each
    def test_answers(self, model):
        def check(dialect, stream, status, text):
            self.assertEqual(status, 200, text)
            if not stream:
                return dialect.answer.validate_json(text, strict=True)
            found = events(text)
            if dialect.end:
                self.assertEqual(found.pop(), dialect.end)
            self.assertTrue(found)
            for data in found:
                dialect.event.validate_json(data, strict=True)

        for words in WORDS:
            self.both(model, words, check)

    @each
    def test_errors(self, model):
        def check(dialect, _, status, text):
            self.assertGreaterEqual(status, 400)
            dialect.error.validate_json(text, strict=True)

        for words in ("status 400", "status 429", "status 500", "status 529"):
            self.both(model, words, check)

    def test_errors_of_the_gateway(self):
        for kind in DIALECTS:
            with self.subTest(dialect=kind.__name__):
                dialect = kind("nobody")
                path, body = dialect.request("hi", False)
                for headers, given, expected in (
                    ({}, body, 404),
                    ({"authorization": "Bearer wrong"}, body, 401),
                    ({}, [1], 400),
                    ({"x-api-key": "another"}, body, 400),
                ):
                    status, text = ask(path, given, {**dialect.headers, **headers})
                    self.assertEqual(status, expected, text)
                    dialect.error.validate_json(text, strict=True)

    def test_lists_of_models(self):
        wanted = sorted(f"on-{name}" for name in place.PROVIDERS)
        found = json.loads(ask("/v1/models", None)[1])
        self.assertEqual([TypeAdapter(openai.types.Model).validate_python(one, strict=True).id for one in found["data"]], wanted)
        found = json.loads(ask("/v1/models", None, Messages.headers)[1])
        models = [TypeAdapter(anthropic.types.ModelInfo).validate_json(json.dumps(one), strict=True) for one in found["data"]]
        self.assertEqual([one.id for one in models], wanted)
        found = GeminiModels.model_validate_json(ask("/v1beta/models", None)[1], strict=True)
        self.assertEqual([one.name for one in found.models], [f"models/{name}" for name in wanted])


if __name__ == "__main__":
    unittest.main()
