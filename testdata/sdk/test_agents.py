"""OpenAI's Agents SDK, on responses (its default) and on chat completions, on every provider (see run.py)."""

import asyncio
import unittest

import openai
import pydantic
from agents import (
    Agent,
    ModelSettings,
    OpenAIChatCompletionsModel,
    OpenAIResponsesModel,
    Runner,
    function_tool,
    set_tracing_disabled,
)

import place
from place import HELLO, each

HEARD = "sun in Oslo and sun in Rome, I hear."
KINDS = (OpenAIResponsesModel, OpenAIChatCompletionsModel)


class Answer(pydantic.BaseModel):
    """The answer."""

    answer: int


@function_tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"sun in {city}"


def both(test):
    """Runs a test with both kinds of model on every provider."""

    @each
    def run(self, model):
        for kind in KINDS:
            with self.subTest(kind=kind.__name__):
                asyncio.run(alone(self, test, kind, model))

    return run


async def alone(case, test, kind, model):
    async with openai.AsyncOpenAI(api_key=place.KEY, base_url=f"{place.URL}/v1", max_retries=0, timeout=20) as client:
        await test(case, kind(model=model, openai_client=client))


def agent(model, **rest):
    return Agent(name="tests", instructions="Be brief.", model=model, model_settings=ModelSettings(), **rest)


class Agents(unittest.TestCase):
    @both
    async def test_words(self, model):
        done = await Runner.run(agent(model), "hi")
        self.assertEqual(done.final_output, HELLO)
        self.assertEqual(done.context_wrapper.usage.total_tokens, 25)

    @both
    async def test_streamed_words(self, model):
        run = Runner.run_streamed(agent(model), "hi")
        deltas = [
            event.data.delta
            async for event in run.stream_events()
            if event.type == "raw_response_event" and event.data.type == "response.output_text.delta"
        ]
        self.assertEqual("".join(deltas), HELLO)
        self.assertEqual(run.final_output, HELLO)

    @both
    async def test_a_loop_of_parallel_tools(self, model):
        asked = "the weather in both cities"
        self.assertEqual((await Runner.run(agent(model, tools=[get_weather]), asked)).final_output, HEARD)
        run = Runner.run_streamed(agent(model, tools=[get_weather]), asked)
        async for _ in run.stream_events():
            pass
        self.assertEqual(run.final_output, HEARD)

    @both
    async def test_structured_output(self, model):
        done = await Runner.run(agent(model, output_type=Answer), "say json")
        self.assertEqual(done.final_output, Answer(answer=42))

    @both
    async def test_errors(self, model):
        for status, kind in {400: openai.BadRequestError, 429: openai.RateLimitError}.items():
            with self.assertRaises(kind):
                await Runner.run(agent(model), f"status {status}")


if __name__ == "__main__":
    set_tracing_disabled(True)
    unittest.main()
