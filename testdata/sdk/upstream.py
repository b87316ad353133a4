"""Providers that speak OpenAI's, Anthropic's and Gemini's wire formats, strictly, on one port.

    /openai/v1/...      chat completions; the key is `openai-secret`
    /anthropic/v1/...   messages; the key is `anthropic-secret`
    /gemini/v1beta/...  contents; the key is `gemini-secret`

A request is validated against the types of the provider's own SDK, with nothing more in it than they know, and refused
as the provider would refuse it. What is answered depends on the last words of the user (see `answer`), so that every
provider answers the same and a client can tell a translation from the original by nothing but its content.
"""

import http.server
import json
import socket
import threading
import time

import anthropic.types as anthropic_types
import openai.types.chat as openai_types
import pydantic
from google.genai import types as gemini_types

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
# As the API of version 2023-06-01 takes them; the SDK's types are those of a later one.
SAMPLING = {"temperature", "top_p", "top_k"}


class Refused(Exception):
    """A request that the provider does not accept."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


def answer(words, tools, results):
    """What is said to these words of the user: texts, calls and thoughts, whoever is asked."""
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
        return [("text", json.dumps({"answer": 42}))]
    if "think" in words:
        return [("thought", "Hmm, let me see.", "c2lnbmF0dXJl"), ("text", "I thought about it.")]
    if "picture" in words:
        return [("text", "A pixel.")]
    return [("text", "Hello "), ("text", "wörld \U0001f600.")]


def trouble(words):
    """A status that the user's words ask for."""
    for status in (400, 429, 500, 529):
        if f"status {status}" in words:
            raise Refused(status, f"you asked for {status}")


def strict(kind):
    """A validator of a typed dictionary that takes nothing that it does not know."""
    return pydantic.TypeAdapter(kind)


CHAT = strict(openai_types.completion_create_params.CompletionCreateParamsNonStreaming)
MESSAGES = strict(anthropic_types.message_create_params.MessageCreateParamsNonStreaming)


def known(kind):
    names = set()
    for base in kind.__mro__ if hasattr(kind, "__mro__") else [kind]:
        names |= set(getattr(base, "__annotations__", {}))
    return names


class OpenAi:
    """Chat completions."""

    def __init__(self, handler, body):
        self.handler, self.body = handler, body

    def check(self):
        if self.handler.headers["authorization"] != "Bearer openai-secret":
            raise Refused(401, "wrong key")
        body = dict(self.body)
        stream = body.pop("stream", False)
        if set(body) - known(openai_types.completion_create_params.CompletionCreateParamsNonStreaming):
            raise Refused(400, f"unknown members {sorted(body)}")
        validate(CHAT, body)
        calls = [c["id"] for m in body["messages"] for c in m.get("tool_calls", [])]
        for message in body["messages"]:
            if message["role"] == "tool" and message["tool_call_id"] not in calls:
                raise Refused(400, "a result without its call")
        return stream

    def asked(self):
        messages = self.body["messages"]
        last = messages[-1]
        results = []
        for message in reversed(messages):
            if message["role"] != "tool":
                break
            results.insert(0, plain(message["content"]))
        words = plain(last["content"]) if last["role"] == "user" else ""
        tools = [tool["function"]["name"] for tool in self.body.get("tools", [])]
        return words, tools, results

    def whole(self, parts):
        message = {"role": "assistant", "content": None, "refusal": None}
        text = "".join(part[1] for part in parts if part[0] == "text")
        if text:
            message["content"] = text
        thought = "".join(part[1] for part in parts if part[0] == "thought")
        if thought:
            message["reasoning_content"] = thought
        calls = [self.call(part) for part in parts if part[0] == "call"]
        if calls:
            message["tool_calls"] = calls
        finish = "tool_calls" if calls else "stop"
        choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
        return {**self.head("chat.completion"), "choices": [choice], "usage": self.usage()}

    @staticmethod
    def call(part):
        _, identity, name, arguments = part
        function = {"name": name, "arguments": json.dumps(arguments)}
        return {"id": identity, "type": "function", "function": function}

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
                call = self.call(part)
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

    @staticmethod
    def error(status, message):
        return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}


class Anthropic:
    """Messages."""

    def __init__(self, handler, body):
        self.handler, self.body = handler, body

    def check(self):
        if self.handler.headers["x-api-key"] != "anthropic-secret":
            raise Refused(401, "wrong key")
        if not self.handler.headers["anthropic-version"]:
            raise Refused(400, "anthropic-version is missing")
        body = dict(self.body)
        stream = body.pop("stream", False)
        sampling = {name: body.pop(name) for name in list(body) if name in SAMPLING}
        if sampling.get("temperature", 0) > 1:
            raise Refused(400, "temperature: range 0..1")
        if body.get("thinking", {}).get("type") in ("enabled", "adaptive") and sampling:
            raise Refused(400, "no sampling while thinking")
        if set(body) - known(anthropic_types.message_create_params.MessageCreateParamsNonStreaming):
            raise Refused(400, f"unknown members {sorted(body)}")
        validate(MESSAGES, body)
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


class Gemini:
    """Contents."""

    def __init__(self, handler, body):
        self.handler, self.body = handler, body

    def check(self):
        if self.handler.headers["x-goog-api-key"] != "gemini-secret":
            raise Refused(401, "wrong key")
        allowed = {"contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "safetySettings"}
        if set(self.body) - allowed:
            raise Refused(400, f"unknown members {sorted(self.body)}")
        try:
            for content in self.body["contents"]:
                gemini_types.Content.model_validate(content)
            gemini_types.GenerationConfig.model_validate(self.body.get("generationConfig", {}))
            for tool in self.body.get("tools", []):
                gemini_types.Tool.model_validate(tool)
        except pydantic.ValidationError as error:
            raise Refused(400, str(error)) from error
        for content in self.body["contents"]:
            if content.get("role") not in ("user", "model"):
                raise Refused(400, "role must be user or model")
        return ":streamGenerateContent" in self.handler.path

    def asked(self):
        parts = self.body["contents"][-1]["parts"]
        words = " ".join(part["text"] for part in parts if "text" in part)
        results = []
        for part in parts:
            if "functionResponse" in part:
                response = part["functionResponse"]["response"]
                results.append(str(response.get("result", response.get("output", response))))
        declared = [one for tool in self.body.get("tools", []) for one in tool.get("functionDeclarations", [])]
        return words, [one["name"] for one in declared], results

    @staticmethod
    def part(part):
        if part[0] == "text":
            return {"text": part[1]}
        if part[0] == "thought":
            return {"text": part[1], "thought": True, "thoughtSignature": part[2]}
        _, identity, name, arguments = part
        return {"functionCall": {"id": identity, "name": name, "args": arguments}}

    def response(self, parts, finish):
        candidate = {"content": {"role": "model", "parts": [self.part(part) for part in parts]}, "index": 0}
        response = {"candidates": [candidate], "modelVersion": "gemini-model", "responseId": "r1"}
        if finish:
            candidate["finishReason"] = "STOP"
            response["usageMetadata"] = {
                "promptTokenCount": 20,
                "cachedContentTokenCount": 8,
                "candidatesTokenCount": 3,
                "thoughtsTokenCount": 2,
                "totalTokenCount": 25,
            }
        return response

    def whole(self, parts):
        return self.response(parts, True)

    def events(self, parts):
        for at, part in enumerate(parts):
            yield sse(self.response([part], at + 1 == len(parts)))

    @staticmethod
    def error(status, message):
        names = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL"}
        return {"error": {"code": status, "message": message, "status": names.get(status, "UNAVAILABLE")}}


def plain(content):
    if isinstance(content, str):
        return content
    return " ".join(part["text"] for part in content if part["type"] == "text")


def validate(adapter, value):
    try:
        adapter.validate_python(value)
    except pydantic.ValidationError as error:
        raise Refused(400, str(error)) from error


def sse(value):
    return b"data: " + json.dumps(value).encode() + b"\n\n"


PROVIDERS = {"openai": OpenAi, "anthropic": Anthropic, "gemini": Gemini}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        kind = PROVIDERS[self.path.split("/")[1]]
        text = self.rfile.read(int(self.headers["content-length"]))
        self.server.seen.append((self.path, text.decode()))
        provider = kind(self, json.loads(text))
        try:
            stream = provider.check()
            words, tools, results = provider.asked()
            trouble(words)
        except Refused as refused:
            self.server.refused.append(str(refused))
            return self.say(refused.status, json.dumps(provider.error(refused.status, str(refused))).encode())
        parts = answer(words, tools, results)
        if not stream:
            return self.say(200, json.dumps(provider.whole(parts)).encode())
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for event in provider.events(parts):
            # Cut anywhere: nobody may count on whole events.
            for piece in (event[:7], event[7:]):
                self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            if "cut" in words:
                self.close_connection = True
                return self.connection.shutdown(socket.SHUT_RDWR)
            if "slowly" in words:
                time.sleep(0.2)
        self.wfile.write(b"0\r\n\r\n")

    def say(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def start():
    """A server on a free port; what it was asked is in `seen`, what it refused in `refused`."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.seen, server.refused = [], []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
