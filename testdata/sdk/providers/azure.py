"""Azure's OpenAI: deployments in the path, a version in the query, and what its filters say in between."""

from .openai import Chat, OpenAi, Responses
from .script import Refused, sse

DEPLOYMENT = "gpt-4o.west"
VERSION = "2024-10-21"
SAFE = {"hate": {"filtered": False, "severity": "safe"}}


class FilteredChat(Chat):
    """Chat completions whose prompts and answers are filtered. What the body calls the model means nothing."""

    def check(self):
        for message in self.body["messages"]:
            for part in message["content"] if isinstance(message.get("content"), list) else []:
                if part["type"] == "file":
                    raise Refused(400, "Invalid Value: 'file'. This model does not support file content types.")
        return super().check()

    def head(self, kind):
        return {**super().head(kind), "model": "gpt-4o-2024-11-20"}

    def whole(self, parts):
        whole = super().whole(parts)
        for choice in whole["choices"]:
            choice["content_filter_results"] = SAFE
        return {**whole, "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": SAFE}]}

    def events(self, parts):
        empty = {"choices": [], "created": 0, "id": "", "model": "", "object": ""}
        yield sse({**empty, "prompt_filter_results": [{"prompt_index": 0, "content_filter_results": SAFE}]})
        yield from super().events(parts)


class Azure(OpenAi):
    """A resource with one deployment."""

    protocol = "azure-openai"
    path = ""
    provider = f'base-url: "{{url}}", api-version: {VERSION}'
    backend = f", upstream-model: {DEPLOYMENT}"
    endpoints = {"/chat/completions": FilteredChat, "/responses": Responses}

    def __init__(self, path, headers, text, kept):
        path, _, self.query = path.partition("?")
        super().__init__(path, headers, text, kept)

    def check(self):
        if self.headers["api-key"] != self.secret("azure") or self.headers["authorization"]:
            raise Refused(401, "Access denied due to invalid subscription key or wrong API endpoint.")
        if self.query != f"api-version={VERSION}":
            raise Refused(404, "Resource not found")
        rest = self.path_asked.removeprefix("/azure/openai")
        if rest != "/responses" and not rest.startswith(f"/deployments/{DEPLOYMENT}/"):
            raise Refused(404, "The API deployment for this resource does not exist.")
        if rest == "/responses" and self.body["model"] != DEPLOYMENT:
            raise Refused(404, "The API deployment for this resource does not exist.")
        if self.other() is None and self.endpoint is None:
            raise Refused(404, "Resource not found")
        return self.endpoint.check() if self.endpoint else False
