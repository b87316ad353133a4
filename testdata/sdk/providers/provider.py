"""What all providers have in common: how they are written in a policy, and that they know one request."""

import json


class Provider:
    """One request to a provider; what differs between them is said by their own classes."""

    # As a policy writes them; `{url}` is where the provider is reached, `{name}` its name in the policy.
    protocol = ""
    # How docs/compatibility.md calls it, where that is otherwise.
    column = ""
    provider = 'base-url: "{url}"'
    credential = 'secret: "env:{variable}"'
    backend = ""
    # Of its streams.
    media = "text/event-stream"
    # Below which path it is reached.
    path = ""

    def __init__(self, path, headers, text, kept):
        self.path_asked, self.headers, self.text = path, headers, text
        self.body = self.read()
        # Of all requests to this provider, by identity: what it was asked to store.
        self.kept = kept

    def read(self):
        """The body."""
        return json.loads(self.text)

    @classmethod
    def secret(cls, name):
        return f"{name}-secret"

    @staticmethod
    def error_headers(_status):
        """Headers of an error, besides those of all answers."""
        return {}

    def other(self):
        """The answer to a request that holds no conversation, or None where it holds one."""
        return None
