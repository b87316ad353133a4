"""What clients get of translated answers, against the types of their official SDKs, strictly.

Reads the answers and streams in `testdata/translation/`, which the gateway's tests say are what it writes; no gateway
runs here. The types allow members that they do not know, and nothing else that they would not have written themselves.
"""

import json
import pathlib
import unittest

import anthropic.types
import openai.types.chat
import openai.types.responses
from google.genai import types as gemini
from openai._models import construct_type
from openai._types import omit
from openai.lib.streaming.responses._responses import ResponseStreamState
from pydantic import TypeAdapter

FILES = pathlib.Path(__file__).parent.parent / "translation"
TYPES = {
    "chat": (openai.types.chat.ChatCompletion, openai.types.chat.ChatCompletionChunk),
    "responses": (openai.types.responses.Response, openai.types.responses.ResponseStreamEvent),
    "anthropic": (anthropic.types.Message, anthropic.types.RawMessageStreamEvent),
    "gemini": (gemini.GenerateContentResponse, gemini.GenerateContentResponse),
}
FILES_MIN = 15


def files(client, name):
    found = sorted(FILES.glob(f"{client}--*/*/{name}"))
    return [(path, path.read_text(encoding="utf-8")) for path in found]


def events(text):
    """The data of each event, the end marker of chat completions left out."""
    data = [line.removeprefix("data: ") for line in text.split("\n") if line.startswith("data: ")]
    return [one for one in data if one != "[DONE]"]


class Translated(unittest.TestCase):
    def test_answers(self):
        for client, (answer, _) in TYPES.items():
            found = files(client, "answer.out.json")
            self.assertGreaterEqual(len(found), FILES_MIN // 2, client)
            adapter = TypeAdapter(answer)
            for path, text in found:
                with self.subTest(path=path):
                    adapter.validate_json(text, strict=True)

    def test_events(self):
        for client, (_, event) in TYPES.items():
            found = files(client, "stream.out.sse")
            self.assertGreaterEqual(len(found), FILES_MIN // 2, client)
            adapter = TypeAdapter(event)
            for path, text in found:
                with self.subTest(path=path):
                    for data in events(text):
                        adapter.validate_json(data, strict=True)

    def test_streams_of_responses_add_up(self):
        """The SDK's own bookkeeping takes every event, and has the whole answer at the end."""
        for path, text in files("responses", "stream.out.sse"):
            with self.subTest(path=path):
                state = ResponseStreamState(input_tools=omit, text_format=omit)
                for number, data in enumerate(events(text)):
                    event = construct_type(
                        type_=openai.types.responses.ResponseStreamEvent, value=json.loads(data)
                    )
                    self.assertEqual(event.sequence_number, number)
                    state.handle_event(event)
                self.assertIn(event.type, ("response.completed", "response.incomplete"))
                self.assertEqual(event.type == "response.completed", state._completed_response is not None)


if __name__ == "__main__":
    unittest.main()
