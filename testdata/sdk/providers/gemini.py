"""Gemini: contents."""

import pydantic
from google.genai import types as gemini_types

from .provider import Provider
from .script import Refused, sse


class Gemini(Provider):
    """Contents."""

    protocol = "gemini"
    path = "/v1beta"

    def admit(self):
        if self.headers["x-goog-api-key"] != self.secret("gemini"):
            raise Refused(401, "wrong key")

    def check(self):
        self.admit()
        if self.other() is not None:
            return False
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
        self.check_results()
        return ":streamGenerateContent" in self.path_asked

    def check_results(self):
        """Each call has its result in the very next turn, and no result is without its call."""
        calls = []
        for content in self.body["contents"]:
            results = [part["functionResponse"]["name"] for part in content["parts"] if "functionResponse" in part]
            if sorted(results) != sorted(calls):
                raise Refused(400, "the number of function response parts is not that of function call parts")
            calls = [part["functionCall"]["name"] for part in content["parts"] if "functionCall" in part]

    def other(self):
        return {"totalTokens": 7} if self.path_asked.endswith(":countTokens") else None

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
