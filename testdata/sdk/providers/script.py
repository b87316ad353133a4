"""What every provider answers: it depends on the words of the user alone, so that a client can tell a translation from the
original by nothing but its content.

    both cities, weather    calls the first function; its results are repeated in the next turn
    json                    an object, as text or, where a function wants one, as its arguments
    think, picture          thoughts before the answer; what is in a picture
    status N                an error of that status, each time
    once N                  the same for the first request with this mark, `retry-after` 1 s
    cut, forever, silent    a stream that breaks off, that does not end, an answer that does not come

A mark is a word in brackets, such as `[a1]`: what was seen of a request is kept under it.
"""

import json
import re

import pydantic

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
RETRY_AFTER_SECONDS = 1
# Of an answer that does not end: more than any test waits.
FOREVER = 600


class Refused(Exception):
    """A request that the provider does not accept."""

    def __init__(self, status, message, headers=()):
        super().__init__(message)
        self.status = status
        self.headers = dict(headers)


def answer(words, tools, results):
    """Texts, calls and thoughts."""
    if results:
        return [("text", " and ".join(results) + ", I hear.")]
    if "both cities" in words and tools:
        return [
            ("text", "Let me look."),
            ("call", "call_a", tools[0], {"city": "Oslo"}),
            ("call", "call_b", tools[0], {"city": "Rome"}),
        ]
    if "weather" in words and tools:
        return [("call", "call_a", tools[0], {"city": "Oslo"})]
    if "json" in words:
        return [("call", "call_j", tools[-1], {"answer": 42})] if tools else [("text", json.dumps({"answer": 42}))]
    if "think" in words:
        return [("thought", "Hmm, let me see.", "c2lnbmF0dXJl"), ("text", "I thought about it.")]
    if "picture" in words:
        return [("text", "A pixel.")]
    if "forever" in words:
        return [("text", "and on ")] * FOREVER
    return [("text", "Hello "), ("text", "wörld \U0001f600.")]


def trouble(words, seen_before):
    """Raises the error that the user's words ask for."""
    if asked := re.search(r"status (\d+)", words):
        raise Refused(int(asked[1]), f"you asked for {asked[1]}")
    asked = re.search(r"once (\d+)", words)
    if asked and not seen_before:
        raise Refused(int(asked[1]), "try again", {"retry-after": str(RETRY_AFTER_SECONDS)})


def mark(text):
    found = re.search(r"\[([a-z0-9-]+)\]", text)
    return found[1] if found else None


def plain(content):
    """The text of a content that is a string or a list of parts."""
    if isinstance(content, str):
        return content
    return " ".join(part["text"] for part in content or [] if "text" in part)


def asked_in_chat(body):
    """The last words of a user, the names of functions, and their results, in a chat of the form that OpenAI began."""
    messages, results = body["messages"], []
    for message in reversed(messages):
        if message["role"] != "tool":
            break
        results.insert(0, plain(message["content"]))
    words = plain(messages[-1]["content"]) if messages[-1]["role"] == "user" else ""
    return words, [tool["function"]["name"] for tool in body.get("tools") or []], results


def call_in_chat(part):
    """The call of a function in such a chat."""
    _, identity, name, arguments = part
    return {"id": identity, "type": "function", "function": {"name": name, "arguments": json.dumps(arguments)}}


def strict(kind):
    """A check against a typed dictionary of an SDK that takes no member at the top which it does not know."""
    adapter, known = pydantic.TypeAdapter(kind), names(kind)

    def check(body):
        if set(body) - known:
            raise Refused(400, f"unknown members {sorted(set(body) - known)}")
        try:
            adapter.validate_python(body)
        except pydantic.ValidationError as error:
            raise Refused(400, str(error)) from error

    return check


def names(kind):
    found = set()
    for base in kind.__mro__ if hasattr(kind, "__mro__") else [kind]:
        found |= set(getattr(base, "__annotations__", {}))
    return found


def sse(value):
    return b"data: " + json.dumps(value).encode() + b"\n\n"
