"""Mistral: chat completions, by the models of its own client."""

import json
import re

import pydantic
from mistralai.client import models

from .provider import Provider
from .script import Refused, asked_in_chat, sse

MEMBERS = set(models.ChatCompletionRequest.model_fields)
# The roles that may follow one, as the strictest of its models take them.
NEXT = {
    None: {"system", "user"},
    "system": {"system", "user", "assistant"},
    "user": {"system", "user", "assistant"},
    "assistant": {"assistant", "user", "tool"},
    "tool": {"tool", "assistant"},
}


def nine(identity):
    """An id of a call as Mistral gives it."""
    return re.sub("[^A-Za-z0-9]", "", identity).ljust(9, "0")[:9]


def unknown(value):
    """Whether a part is of a kind that the client's models do not know."""
    if isinstance(value, dict):
        return bool(value.get("is_unknown")) or any(map(unknown, value.values()))
    return isinstance(value, list) and any(map(unknown, value))


class Mistral(Provider):
    """Chat completions."""

    protocol = "mistral"
    path = "/v1"

    def check(self):
        if self.headers["authorization"] != f"Bearer {self.secret('mistral')}":
            raise Refused(401, "Unauthorized")
        if self.path_asked != "/mistral/v1/chat/completions":
            raise Refused(404, "no Route matched with those values")
        if set(self.body) - MEMBERS:
            raise Refused(422, f"extra members {sorted(set(self.body) - MEMBERS)}")
        try:
            request = models.ChatCompletionRequest.model_validate(self.body)
        except pydantic.ValidationError as error:
            raise Refused(422, str(error)) from error
        if unknown(request.model_dump()):
            raise Refused(422, "a part of a kind that is not known")
        self.check_order()
        return self.body.get("stream", False)

    def check_order(self):
        before, calls = None, []
        for message in self.body["messages"]:
            role = message["role"]
            if role not in NEXT[before]:
                raise Refused(400, f"Unexpected role '{role}' after role '{before}'")
            if role != "tool" and calls:
                raise Refused(400, "Not the same number of function calls and responses")
            if role == "tool":
                if message["tool_call_id"] not in calls:
                    raise Refused(400, "a result without its call")
                calls.remove(message["tool_call_id"])
            if role == "assistant":
                calls = [call["id"] for call in message.get("tool_calls") or []]
                if not calls and not message.get("content"):
                    raise Refused(400, "Assistant message must have either content or tool_calls, but not none.")
            if any(not re.fullmatch("[A-Za-z0-9]{9}", call) for call in calls):
                raise Refused(400, "Tool call id must be a-z, A-Z, 0-9, with a length of 9.")
            before = role
        last = self.body["messages"][-1]
        if not (last["role"] in ("user", "tool") or last.get("prefix")):
            raise Refused(400, f"Expected last role User or Tool for serving but got {last['role']}")

    def asked(self):
        return asked_in_chat(self.body)

    @staticmethod
    def content(part):
        if part[0] == "text":
            return {"type": "text", "text": part[1]}
        thinking = [{"type": "text", "text": part[1]}]
        return {"type": "thinking", "thinking": thinking, "signature": part[2], "closed": True}

    @staticmethod
    def calls(parts):
        found = [part for part in parts if part[0] == "call"]
        return [
            {"id": nine(identity), "function": {"name": name, "arguments": json.dumps(arguments)}, "index": index}
            for index, (_, identity, name, arguments) in enumerate(found)
        ]

    @staticmethod
    def usage():
        details = {"prompt_tokens_details": {"cached_tokens": 8}}
        return {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25, **details}

    def head(self, kind):
        return {"id": "cmpl-1", "object": kind, "created": 1, "model": self.body["model"]}

    def whole(self, parts):
        said = [self.content(part) for part in parts if part[0] != "call"]
        texts = "".join(part[1] for part in parts if part[0] == "text")
        content = said if any(part["type"] == "thinking" for part in said) else texts
        calls = self.calls(parts)
        message = {"role": "assistant", "content": content, "tool_calls": calls or None}
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}
        answer = {**self.head("chat.completion"), "choices": [choice], "usage": self.usage()}
        models.ChatCompletionResponse.model_validate(answer)
        return answer

    def events(self, parts):
        yield self.chunk({"role": "assistant", "content": ""})
        for part in parts:
            if part[0] == "text":
                yield self.chunk({"content": part[1]})
            elif part[0] == "thought":
                # The proof comes when the thought is over.
                yield self.chunk({"content": [self.content((part[0], part[1], None))]})
                yield self.chunk({"content": [self.content((part[0], "", part[2]))]})
        calls = self.calls(parts)
        last = {"content": "", **({"tool_calls": calls} if calls else {})}
        yield self.chunk(last, "tool_calls" if calls else "stop", usage=self.usage())
        yield b"data: [DONE]\n\n"

    def chunk(self, delta, finish=None, **members):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        chunk = {**self.head("chat.completion.chunk"), "choices": [choice], **members}
        models.CompletionChunk.model_validate(chunk)
        return sse(chunk)

    @staticmethod
    def error(status, message):
        if status == 401:
            return {"detail": message}
        if status == 422:
            wrong = {"type": "extra_forbidden", "loc": ["body", "messages"], "msg": message, "input": None}
            return {"object": "error", "message": {"detail": [wrong]}, "type": "invalid_request_error", "code": None}
        return {"object": "error", "message": message, "type": "invalid_request_error", "param": None, "code": "1000"}
