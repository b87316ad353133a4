"""Anthropic: messages, of the version that the gateway asks for."""

import json

import anthropic.types as anthropic_types

from .provider import Provider
from .script import Refused, plain, sse, strict

# As the API of version 2023-06-01 takes them; the SDK's types are those of a later one.
SAMPLING = {"temperature", "top_p", "top_k"}
MESSAGES = strict(anthropic_types.message_create_params.MessageCreateParamsNonStreaming)


class Anthropic(Provider):
    """Messages."""

    protocol = "anthropic"
    path = "/v1"

    def admit(self):
        if self.headers["x-api-key"] != self.secret("anthropic"):
            raise Refused(401, "wrong key")
        if not self.headers["anthropic-version"]:
            raise Refused(400, "anthropic-version is missing")

    def check(self):
        self.admit()
        if self.other() is not None:
            return False
        body = dict(self.body)
        stream = body.pop("stream", False)
        sampling = {name: body.pop(name) for name in list(body) if name in SAMPLING}
        if sampling.get("temperature", 0) > 1:
            raise Refused(400, "temperature: range 0..1")
        if body.get("thinking", {}).get("type") in ("enabled", "adaptive") and sampling:
            raise Refused(400, "no sampling while thinking")
        MESSAGES(body)
        roles = [message["role"] for message in body["messages"]]
        if not roles or roles[0] != "user":
            raise Refused(400, "the first message must be the user's")
        calls, results = [], []
        for message in body["messages"]:
            for block in message["content"] if isinstance(message["content"], list) else []:
                if block["type"] == "tool_use":
                    calls.append(block["id"])
                if block["type"] == "tool_result":
                    results.append(block["tool_use_id"])
        if results != [one for one in calls if one in results]:
            raise Refused(400, "results without calls, or in another order")
        return stream

    def other(self):
        return {"input_tokens": 7} if self.path_asked.endswith("/count_tokens") else None

    def asked(self):
        content = self.body["messages"][-1]["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        words = " ".join(block["text"] for block in blocks if block["type"] == "text")
        results = [plain(block.get("content", "")) for block in blocks if block["type"] == "tool_result"]
        return words, [tool["name"] for tool in self.body.get("tools", [])], results

    @staticmethod
    def block(part):
        if part[0] == "text":
            return {"type": "text", "text": part[1], "citations": None}
        if part[0] == "thought":
            return {"type": "thinking", "thinking": part[1], "signature": part[2]}
        _, identity, name, arguments = part
        return {"type": "tool_use", "id": identity, "name": name, "input": arguments}

    def whole(self, parts):
        content = [self.block(part) for part in parts]
        reason = "tool_use" if any(part[0] == "call" for part in parts) else "end_turn"
        return {**self.head(), "content": content, "stop_reason": reason, "usage": self.usage()}

    def head(self):
        head = {"id": "msg_1", "type": "message", "role": "assistant", "model": self.body["model"], "content": []}
        return {**head, "stop_reason": None, "stop_sequence": None}

    @staticmethod
    def usage():
        return {
            "input_tokens": 12,
            "cache_read_input_tokens": 8,
            "cache_creation_input_tokens": 0,
            "output_tokens": 5,
        }

    def events(self, parts):
        yield self.event("message_start", message={**self.head(), "usage": {**self.usage(), "output_tokens": 1}})
        yield self.event("ping")
        for index, part in enumerate(parts):
            block = self.block(part)
            deltas = []
            if part[0] == "text":
                deltas = [{"type": "text_delta", "text": block["text"]}]
                block["text"] = ""
            elif part[0] == "thought":
                deltas = [
                    {"type": "thinking_delta", "thinking": block["thinking"]},
                    {"type": "signature_delta", "signature": block["signature"]},
                ]
                block["thinking"] = block["signature"] = ""
            else:
                text = json.dumps(block["input"])
                deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", text[:5], text[5:])]
                block["input"] = {}
            yield self.event("content_block_start", index=index, content_block=block)
            for delta in deltas:
                yield self.event("content_block_delta", index=index, delta=delta)
            yield self.event("content_block_stop", index=index)
        reason = "tool_use" if any(part[0] == "call" for part in parts) else "end_turn"
        delta = {"stop_reason": reason, "stop_sequence": None}
        yield self.event("message_delta", delta=delta, usage=self.usage())
        yield self.event("message_stop")

    @staticmethod
    def event(kind, **members):
        return f"event: {kind}\n".encode() + sse({"type": kind, **members})

    @staticmethod
    def error(status, message):
        kinds = {401: "authentication_error", 429: "rate_limit_error", 500: "api_error", 529: "overloaded_error"}
        kind = kinds.get(status, "invalid_request_error")
        return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}
