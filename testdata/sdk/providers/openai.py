"""OpenAI: chat completions and responses; and a server that has chat completions alone."""

import json

import openai.types.chat as chat_types
import openai.types.responses as responses_types

from .provider import Provider
from .script import Refused, asked_in_chat, call_in_chat, plain, sse, strict

CHAT = strict(chat_types.completion_create_params.CompletionCreateParamsNonStreaming)
RESPONSES = strict(responses_types.response_create_params.ResponseCreateParamsNonStreaming)


class Chat:
    """Chat completions."""

    def __init__(self, body, _kept):
        self.body = body

    def check(self):
        body = dict(self.body)
        stream = body.pop("stream", False)
        CHAT(body)
        calls = [call["id"] for message in body["messages"] for call in message.get("tool_calls") or []]
        for message in body["messages"]:
            if message["role"] == "tool" and message["tool_call_id"] not in calls:
                raise Refused(400, "a result without its call")
        return stream

    def asked(self):
        return asked_in_chat(self.body)

    def whole(self, parts):
        message = {"role": "assistant", "content": None, "refusal": None}
        text = "".join(part[1] for part in parts if part[0] == "text")
        if text:
            message["content"] = text
        thought = "".join(part[1] for part in parts if part[0] == "thought")
        if thought:
            message["reasoning_content"] = thought
        calls = [call_in_chat(part) for part in parts if part[0] == "call"]
        if calls:
            message["tool_calls"] = calls
        finish = "tool_calls" if calls else "stop"
        choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
        return {**self.head("chat.completion"), "choices": [choice], "usage": self.usage()}

    def head(self, kind):
        return {"id": "chatcmpl-1", "object": kind, "created": 1, "model": self.body["model"]}

    @staticmethod
    def usage():
        return {
            "prompt_tokens": 20,
            "completion_tokens": 5,
            "total_tokens": 25,
            "prompt_tokens_details": {"cached_tokens": 8},
            "completion_tokens_details": {"reasoning_tokens": 2},
        }

    def events(self, parts):
        yield self.chunk({"role": "assistant", "content": ""})
        index = 0
        for part in parts:
            if part[0] == "text":
                yield self.chunk({"content": part[1]})
            elif part[0] == "thought":
                yield self.chunk({"reasoning_content": part[1]})
            else:
                call = call_in_chat(part)
                arguments = call["function"]["arguments"]
                call["function"]["arguments"] = ""
                yield self.chunk({"tool_calls": [{"index": index, **call}]})
                for piece in (arguments[:5], arguments[5:]):
                    yield self.chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
                index += 1
        yield self.chunk({}, "tool_calls" if index else "stop")
        if (self.body.get("stream_options") or {}).get("include_usage"):
            yield sse({**self.head("chat.completion.chunk"), "choices": [], "usage": self.usage()})
        yield b"data: [DONE]\n\n"

    def chunk(self, delta, finish=None):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return sse({**self.head("chat.completion.chunk"), "choices": [choice]})


class Responses:
    """Responses, with the items that it was not told to forget."""

    def __init__(self, body, kept):
        self.body, self.kept, self.number = body, kept, -1

    def check(self):
        body = dict(self.body)
        stream = body.pop("stream", False)
        if isinstance(body["input"], list):
            body["input"] = [complete(item) for item in body["input"]]
        RESPONSES(body)
        calls = [item["call_id"] for item in self.items() if item.get("type") == "function_call"]
        for item in self.items():
            if item.get("type") == "function_call_output" and item["call_id"] not in calls:
                raise Refused(400, "a result without its call")
        return stream

    def items(self):
        """What is said so far, references resolved."""
        given = self.body["input"]
        if isinstance(given, str):
            return [{"role": "user", "content": given}]
        items = []
        for item in given:
            if item.get("type") == "item_reference":
                if item["id"] not in self.kept:
                    raise Refused(404, f"no item {item['id']}")
                item = self.kept[item["id"]]
            items.append(item)
        return items

    def asked(self):
        items, results = self.items(), []
        for item in reversed(items):
            if item.get("type") != "function_call_output":
                break
            results.insert(0, plain(item["output"]))
        words = plain(items[-1]["content"]) if items[-1].get("role") == "user" else ""
        return words, [tool["name"] for tool in self.body.get("tools") or []], results

    def item(self, at, part):
        if part[0] == "text":
            content = {"type": "output_text", "text": part[1], "annotations": [], "logprobs": []}
            return {"type": "message", "id": f"msg_{at}", "role": "assistant", "status": "completed", "content": [content]}
        if part[0] == "thought":
            summary = [{"type": "summary_text", "text": part[1]}]
            return {"type": "reasoning", "id": f"rs_{at}", "summary": summary, "encrypted_content": part[2]}
        _, identity, name, arguments = part
        call = {"type": "function_call", "id": f"fc_{at}", "call_id": identity, "name": name}
        return {**call, "arguments": json.dumps(arguments), "status": "completed"}

    def output(self, parts):
        texts = "".join(part[1] for part in parts if part[0] == "text")
        first = [("text", texts)] if texts else []
        rest = [part for part in parts if part[0] != "text"]
        parts = [part for part in rest if part[0] == "thought"] + first + [part for part in rest if part[0] == "call"]
        items = [self.item(at, part) for at, part in enumerate(parts)]
        if self.body.get("store", True):
            self.kept.update({item["id"]: item for item in items})
        return items

    def whole(self, parts):
        return self.response("completed", self.output(parts))

    def response(self, status, output):
        response = {
            "id": "resp_1",
            "object": "response",
            "created_at": 1,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "instructions": self.body.get("instructions"),
            "metadata": {},
            "model": self.body["model"],
            "output": output,
            "parallel_tool_calls": True,
            "temperature": None,
            "top_p": None,
            "tool_choice": "auto",
            "tools": self.body.get("tools") or [],
        }
        if status == "completed":
            response["usage"] = {
                "input_tokens": 20,
                "input_tokens_details": {"cached_tokens": 8, "cache_write_tokens": 0},
                "output_tokens": 5,
                "output_tokens_details": {"reasoning_tokens": 2},
                "total_tokens": 25,
            }
        return response

    def events(self, parts):
        yield self.event("response.created", response=self.response("in_progress", []))
        yield self.event("response.in_progress", response=self.response("in_progress", []))
        items = self.output(parts)
        for at, item in enumerate(items):
            yield from self.item_events(at, item, [part[1] for part in parts if part[0] == "text"])
        yield self.event("response.completed", response=self.response("completed", items))

    def item_events(self, at, item, texts):
        place = {"output_index": at, "item_id": item["id"]}
        empty = {"message": {"content": []}, "reasoning": {"summary": []}, "function_call": {"arguments": ""}}
        begun = {**item, **empty[item["type"]]}
        if "status" in item:
            begun["status"] = "in_progress"
        yield self.event("response.output_item.added", output_index=at, item=begun)
        if item["type"] == "function_call":
            text = item["arguments"]
            for piece in (text[:5], text[5:]):
                yield self.event("response.function_call_arguments.delta", **place, delta=piece)
            yield self.event("response.function_call_arguments.done", **place, arguments=text, name=item["name"])
        elif item["type"] == "message":
            part, place = item["content"][0], {**place, "content_index": 0}
            yield self.event("response.content_part.added", **place, part={**part, "text": ""})
            for text in texts:
                yield self.event("response.output_text.delta", **place, delta=text, logprobs=[])
            yield self.event("response.output_text.done", **place, text=part["text"], logprobs=[])
            yield self.event("response.content_part.done", **place, part=part)
        else:
            part, place = item["summary"][0], {**place, "summary_index": 0}
            yield self.event("response.reasoning_summary_part.added", **place, part={**part, "text": ""})
            yield self.event("response.reasoning_summary_text.delta", **place, delta=part["text"])
            yield self.event("response.reasoning_summary_text.done", **place, text=part["text"])
            yield self.event("response.reasoning_summary_part.done", **place, part=part)
        yield self.event("response.output_item.done", output_index=at, item=item)

    def event(self, kind, **members):
        self.number += 1
        return f"event: {kind}\n".encode() + sse({"type": kind, "sequence_number": self.number, **members})


def complete(item):
    """An item with the members that the SDK's types demand and the API does not."""
    if not isinstance(item.get("content"), list):
        return item
    parts = [{"detail": "auto", **part} if part["type"] == "input_image" else part for part in item["content"]]
    if item.get("role") == "assistant":
        return {"id": "msg_0", "type": "message", "status": "completed", **item, "content": parts}
    return {**item, "content": parts}


class OpenAi(Provider):
    """OpenAI itself."""

    protocol = "openai"
    path = "/v1"
    endpoints = {"/chat/completions": Chat, "/responses": Responses}

    def __init__(self, path, headers, text, kept):
        super().__init__(path, headers, text, kept)
        kind = next((kind for end, kind in self.endpoints.items() if path.endswith(end)), None)
        self.endpoint = kind and kind(self.body, kept)

    def check(self):
        if self.headers["authorization"] != f"Bearer {self.secret(self.path_asked.split('/')[1])}":
            raise Refused(401, "wrong key")
        if self.other() is None and self.endpoint is None:
            raise Refused(404, f"no such endpoint: {self.path_asked}")
        return self.endpoint.check() if self.endpoint else False

    def other(self):
        if not self.path_asked.endswith("/embeddings"):
            return None
        given = self.body["input"]
        vector = "AAAAPwAAgD8=" if self.body.get("encoding_format") == "base64" else [0.5, 1.0]
        count = len(given) if isinstance(given, list) else 1
        data = [{"object": "embedding", "index": at, "embedding": vector} for at in range(count)]
        usage = {"prompt_tokens": 3, "total_tokens": 3}
        return {"object": "list", "data": data, "model": self.body["model"], "usage": usage}

    def asked(self):
        return self.endpoint.asked()

    def whole(self, parts):
        return self.endpoint.whole(parts)

    def events(self, parts):
        return self.endpoint.events(parts)

    @staticmethod
    def error(status, message):
        return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}


class Compatible(OpenAi):
    """One of the many that have chat completions and no more."""

    protocol = "openai-compatible"
    endpoints = {"/chat/completions": Chat}
