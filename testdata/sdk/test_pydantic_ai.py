"""Pydantic AI's models of OpenAI (chat completions and responses), Anthropic and Google on every provider (see run.py)."""

import unittest

import pydantic
from pydantic_ai import Agent, NativeOutput, ToolOutput
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIResponsesModel
from pydantic_ai.providers.anthropic import AnthropicProvider
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai import OpenAIProvider

import place
from place import HELLO, each

HEARD = "sun in Oslo.*sun in Rome"
ANTHROPIC = AnthropicProvider(api_key=place.KEY, base_url=place.URL)
GOOGLE = GoogleProvider(api_key=place.KEY, base_url=place.URL)
# What it would know of a model of Anthropic's by its name.
STRUCTURED = {"supports_json_schema_output": True}
OPENAI = OpenAIProvider(api_key=place.KEY, base_url=f"{place.URL}/v1")
# The model of each client's protocol.
MODELS = {
    "openai-chat": lambda name: OpenAIChatModel(name, provider=OPENAI),
    "openai-responses": lambda name: OpenAIResponsesModel(name, provider=OPENAI),
    "anthropic-messages": lambda name: AnthropicModel(name, provider=ANTHROPIC, profile=STRUCTURED),
    "gemini-generate-content": lambda name: GoogleModel(name, provider=GOOGLE),
}


class Answer(pydantic.BaseModel):
    """The answer."""

    answer: int


def both(test):
    """Runs a test with every model on every provider."""

    @each
    def run(self, model):
        for protocol, make in MODELS.items():
            with self.subTest(protocol=protocol):
                test(self, make(model))

    return run


class PydanticAi(unittest.TestCase):
    @both
    def test_words(self, model):
        done = Agent(model, instructions="Be brief.").run_sync("hi")
        self.assertEqual(done.output, HELLO)
        self.assertEqual((done.usage.input_tokens, done.usage.output_tokens), (20, 5))

    @both
    def test_streamed_words(self, model):
        with Agent(model).run_stream_sync("hi") as stream:
            texts = list(stream.stream_text(delta=True))
        self.assertEqual("".join(texts), HELLO)

    @both
    def test_a_loop_of_parallel_tools(self, model):
        agent = Agent(model)

        @agent.tool_plain
        def get_weather(city: str) -> str:
            """The weather in a city."""
            return f"sun in {city}"

        self.assertRegex(agent.run_sync("the weather in both cities").output, HEARD)

    @both
    def test_structured_output(self, model):
        for output in (NativeOutput(Answer), ToolOutput(Answer)):
            self.assertEqual(Agent(model, output_type=output).run_sync("say json").output, Answer(answer=42))

    @both
    def test_errors(self, model):
        with self.assertRaises(ModelHTTPError) as raised:
            Agent(model).run_sync("status 400")
        self.assertEqual(raised.exception.status_code, 400)


if __name__ == "__main__":
    unittest.main()
