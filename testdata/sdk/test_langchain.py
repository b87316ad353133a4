"""LangChain's models of OpenAI (chat completions and responses), Anthropic and Google on every provider (see run.py)."""

import unittest

import anthropic
import openai
import pydantic
from google.genai import errors as google_errors
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_google_genai import ChatGoogleGenerativeAI
from langchain_google_genai.chat_models import ChatGoogleGenerativeAIError
from langchain_openai import ChatOpenAI

import place
from place import HELLO, each

HEARD = "sun in Oslo and sun in Rome, I hear."


class Answer(pydantic.BaseModel):
    """The answer."""

    answer: int


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"sun in {city}"


class Dialogue:
    """What every model of LangChain's is asked; its class says how it is made and what it raises."""

    protocol = ""
    errors = {}

    def make(self, model, key=place.KEY, **rest):
        raise NotImplementedError

    @each
    def test_words(self, model):
        answer = self.make(model).invoke("hi")
        self.assertEqual(answer.text, HELLO)
        self.assertEqual(answer.usage_metadata["total_tokens"], 25)

    @each
    def test_streamed_words(self, model):
        chunks = list(self.make(model).stream("hi"))
        whole = chunks[0]
        for chunk in chunks[1:]:
            whole += chunk
        self.assertEqual(whole.text, HELLO)
        self.assertEqual(whole.usage_metadata["total_tokens"], 25)

    @each
    def test_a_loop_of_parallel_tools(self, model):
        with_tools = self.make(model).bind_tools([get_weather])
        messages = [HumanMessage("the weather in both cities")]
        for stream in (False, True):
            if stream:
                chunks = list(with_tools.stream(messages))
                said = chunks[0]
                for chunk in chunks[1:]:
                    said += chunk
            else:
                said = with_tools.invoke(messages)
            self.assertEqual([call["args"]["city"] for call in said.tool_calls], ["Oslo", "Rome"])
            results = [get_weather.invoke(call) for call in said.tool_calls]
            self.assertTrue(all(isinstance(result, ToolMessage) for result in results))
            self.assertEqual(with_tools.invoke([*messages, said, *results]).text, HEARD)

    @each
    def test_structured_output(self, model):
        # To be called with a function, LangChain forbids several calls in one answer, which some protocols cannot say.
        key = place.KEY if place.can(self.protocol, model, "one-tool-at-most") else place.LOSSY_KEY
        for method in ("json_schema", "function_calling"):
            asked = self.make(model, key=key).with_structured_output(Answer, method=method)
            self.assertEqual(asked.invoke("say json"), Answer(answer=42))

    @each
    def test_errors(self, model):
        for status, kind in self.errors.items():
            with self.assertRaises(kind):
                self.make(model).invoke(f"status {status}")
            with self.assertRaises(kind):
                list(self.make(model).stream(f"status {status}"))


class OpenAiChat(Dialogue, unittest.TestCase):
    protocol = "openai-chat"
    errors = {400: openai.BadRequestError, 429: openai.RateLimitError, 500: openai.InternalServerError}

    def make(self, model, key=place.KEY, **rest):
        return ChatOpenAI(
            model=model, api_key=key, base_url=f"{place.URL}/v1", max_retries=0, timeout=20, stream_usage=True, **rest
        )


class OpenAiResponses(OpenAiChat):
    protocol = "openai-responses"

    def make(self, model, key=place.KEY, **rest):
        return super().make(model, key, use_responses_api=True, **rest)


class Anthropic(Dialogue, unittest.TestCase):
    protocol = "anthropic-messages"
    errors = {400: anthropic.BadRequestError, 429: anthropic.RateLimitError, 500: anthropic.InternalServerError}

    def make(self, model, key=place.KEY, **rest):
        return ChatAnthropic(
            model=model, api_key=key, base_url=place.URL, max_retries=0, timeout=20, max_tokens=2000, **rest
        )


class Google(Dialogue, unittest.TestCase):
    protocol = "gemini-generate-content"
    errors = {
        400: (google_errors.ClientError, ChatGoogleGenerativeAIError),
        429: (google_errors.ClientError, ChatGoogleGenerativeAIError),
        500: (google_errors.ServerError, ChatGoogleGenerativeAIError),
    }

    def make(self, model, key=place.KEY, **rest):
        return ChatGoogleGenerativeAI(
            model=model, google_api_key=key, base_url=place.URL, max_retries=1, timeout=20, **rest
        )


if __name__ == "__main__":
    unittest.main()
