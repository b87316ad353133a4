"""What all providers have in common: how they are written in a policy, and that they know one request."""


class Provider:
    """One request to a provider; what differs between them is said by their own classes."""

    # As a policy writes them; `{url}` is where the provider is reached, `{name}` its name in the policy.
    protocol = ""
    provider = 'base-url: "{url}"'
    credential = 'secret: "env:{variable}"'
    backend = ""
    # Below which path it is reached.
    path = ""

    def __init__(self, path, headers, body, kept):
        self.path_asked, self.headers, self.body = path, headers, body
        # Of all requests to this provider, by identity: what it was asked to store.
        self.kept = kept

    @classmethod
    def secret(cls, name):
        return f"{name}-secret"

    def other(self):
        """The answer to a request that holds no conversation, or None where it holds one."""
        return None
