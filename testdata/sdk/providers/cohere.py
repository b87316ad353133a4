"""Cohere: `POST /v2/chat`, by the types of its own client."""

import inspect

import pydantic
from cohere import types
from cohere.v2.raw_client import RawV2Client
from cohere.v2.types import V2ChatResponse

from .provider import Provider
from .script import Refused, asked_in_chat, call_in_chat, sse

MEMBERS = {*inspect.signature(RawV2Client.chat).parameters, "stream"} - {"self", "request_options"}
MESSAGES = {
    "user": types.UserChatMessageV2,
    "assistant": types.AssistantChatMessageV2,
    "system": types.SystemChatMessageV2,
    "tool": types.ToolChatMessageV2,
}


def strict(kind, value):
    """Checks a value by a type of the client's, which lets pass what it does not know unless it is asked."""
    try:
        known(kind.model_validate(value))
    except pydantic.ValidationError as error:
        raise Refused(400, f"invalid request: {error}") from error


def known(value):
    if isinstance(value, pydantic.BaseModel):
        if value.model_extra:
            raise Refused(400, f"unknown field: {sorted(value.model_extra)}")
        for name in type(value).model_fields:
            known(getattr(value, name))
    elif isinstance(value, list):
        for one in value:
            known(one)


class Cohere(Provider):
    """Chat, of version 2."""

    protocol = "cohere"
    path = "/v2"

    def check(self):
        if self.headers["authorization"] != f"Bearer {self.secret('cohere')}":
            raise Refused(401, "invalid api token")
        if self.path_asked != "/cohere/v2/chat":
            raise Refused(404, "no such path")
        body = self.body
        if set(body) - MEMBERS:
            raise Refused(400, f"unknown field: {sorted(set(body) - MEMBERS)}")
        calls = []
        for message in body["messages"]:
            strict(MESSAGES[message["role"]], message)
            calls += [call["id"] for call in message.get("tool_calls", [])]
            if message["role"] == "tool" and message["tool_call_id"] not in calls:
                raise Refused(400, "a result without its call")
            if message["role"] == "assistant" and not (message.get("content") or message.get("tool_calls")):
                raise Refused(400, "an assistant message must have content or tool_calls")
        for tool in body.get("tools", []):
            strict(types.ToolV2, tool)
        self.check_settings(body)
        return body.get("stream", False)

    @staticmethod
    def check_settings(body):
        if "thinking" in body:
            strict(types.Thinking, body["thinking"])
        form = body.get("response_format", {"type": "text"})
        strict(types.JsonObjectResponseFormatV2 if form["type"] == "json_object" else types.TextResponseFormatV2, form)
        if form["type"] == "json_object" and body.get("tools"):
            raise Refused(400, "response_format is not supported with tools")
        if body.get("tool_choice", "NONE") not in ("REQUIRED", "NONE"):
            raise Refused(400, "tool_choice must be REQUIRED or NONE")
        for name, low, high in (("p", 0.01, 0.99), ("k", 0, 500), ("temperature", 0, 1)):
            if not low <= body.get(name, low) <= high:
                raise Refused(400, f"{name} must be from {low} to {high}")

    def asked(self):
        return asked_in_chat(self.body)

    @staticmethod
    def usage():
        return {
            "billed_units": {"input_tokens": 20, "output_tokens": 5},
            "tokens": {"input_tokens": 519, "output_tokens": 9},
            "cached_tokens": 8,
        }

    @staticmethod
    def reason(parts):
        return "TOOL_CALL" if any(part[0] == "call" for part in parts) else "COMPLETE"

    def whole(self, parts):
        calls = [call_in_chat(part) for part in parts if part[0] == "call"]
        message = {"role": "assistant"}
        if calls:
            message["tool_plan"] = "".join(part[1] for part in parts if part[0] == "text")
            message["tool_calls"] = calls
        else:
            kinds = {"text": "text", "thought": "thinking"}
            message["content"] = [{"type": kinds[part[0]], kinds[part[0]]: part[1]} for part in parts]
        answer = {"id": "c14c80c3", "finish_reason": self.reason(parts), "message": message, "usage": self.usage()}
        strict(V2ChatResponse, answer)
        return answer

    def events(self, parts):
        begin = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
        yield self.event("message-start", id="c14c80c3", delta={"message": begin})
        is_calling = any(part[0] == "call" for part in parts)
        calls = 0
        for index, part in enumerate(parts):
            if part[0] == "call":
                yield from self.call_events(calls, call_in_chat(part))
                calls += 1
            elif is_calling:
                yield self.event("tool-plan-delta", delta={"message": {"tool_plan": part[1]}})
            else:
                kind = "text" if part[0] == "text" else "thinking"
                content = {"type": kind, kind: ""}
                yield self.event("content-start", index=index, delta={"message": {"content": content}})
                yield self.event("content-delta", index=index, delta={"message": {"content": {kind: part[1]}}})
                yield self.event("content-end", index=index)
        yield self.event("message-end", delta={"finish_reason": self.reason(parts), "usage": self.usage()})

    def call_events(self, index, call):
        arguments = call["function"]["arguments"]
        call["function"]["arguments"] = ""
        yield self.event("tool-call-start", index=index, delta={"message": {"tool_calls": call}})
        for piece in (arguments[:5], arguments[5:]):
            pieces = {"function": {"arguments": piece}}
            yield self.event("tool-call-delta", index=index, delta={"message": {"tool_calls": pieces}})
        yield self.event("tool-call-end", index=index)

    @staticmethod
    def event(kind, **members):
        return f"event: {kind}\n".encode() + sse({"type": kind, **members})

    @staticmethod
    def error(_status, message):
        return {"id": "c14c80c3", "message": message}
