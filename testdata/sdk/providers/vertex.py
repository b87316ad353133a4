"""Google's Vertex AI, with a model of Gemini's and one of Anthropic's."""

from .anthropic import Anthropic
from .gemini import Gemini
from .script import Refused

PROJECT = "/v1/projects/example/locations/europe-west1"
CLAUDE = "claude-sonnet-4-5@20250929"
GEMINI = "gemini-2.5-pro"


def admit(provider, name):
    """Refuses what has not exactly one token."""
    if provider.headers["authorization"] != f"Bearer {provider.secret(name)}":
        raise Refused(401, "Request had invalid authentication credentials.")
    if provider.headers["x-goog-api-key"] or provider.headers["x-api-key"]:
        raise Refused(400, "two credentials")


class VertexGemini(Gemini):
    """Contents."""

    protocol = "vertex"
    column = "vertex gemini-…"
    path = PROJECT
    backend = f", upstream-model: {GEMINI}"

    def admit(self):
        admit(self, "vertex")
        if not self.path_asked.startswith(f"/vertex{PROJECT}/publishers/google/models/{GEMINI}:"):
            raise Refused(404, f"no such model: {self.path_asked}")


class VertexClaude(Anthropic):
    """Messages, whose model stands in the path and whose version stands in the body."""

    protocol = "vertex"
    column = "vertex claude-…"
    path = PROJECT
    backend = f", upstream-model: {CLAUDE}"

    def read(self):
        body = super().read()
        self.version = body.pop("anthropic_version", None)
        return body

    def admit(self):
        admit(self, "claude")
        if self.version != "vertex-2023-10-16":
            raise Refused(400, "anthropic_version: Field required")
        if self.is_count():
            return
        verb = "streamRawPredict" if self.body.get("stream") else "rawPredict"
        if self.path_asked != f"/claude{PROJECT}/publishers/anthropic/models/{CLAUDE}:{verb}":
            raise Refused(404, f"no such model: {self.path_asked}")
        if "model" in self.body:
            raise Refused(400, "model: Extra inputs are not permitted")
        self.body["model"] = CLAUDE

    def is_count(self):
        return self.path_asked.endswith("/publishers/anthropic/models/count-tokens:rawPredict")

    def other(self):
        return {"input_tokens": 7} if self.is_count() else None
