"""Where the tests of a client find the gateway, and what it stands before; see `gateway.Gateway.environment`."""

import functools
import itertools
import json
import os
import time
import urllib.request

URL = os.environ["POINTSMAN_URL"]
KEY = os.environ["POINTSMAN_KEY"]
# With this one, a provider need not be told everything.
LOSSY_KEY = os.environ["POINTSMAN_LOSSY_KEY"]
# This one falls under a limit.
LIMITED_KEY = os.environ["POINTSMAN_LIMITED_KEY"]
PROVIDERS = json.loads(os.environ["POINTSMAN_PROVIDERS"])
REACH = json.loads(os.environ["POINTSMAN_REACH"])
HELLO = "Hello wörld \U0001f600."
SEEN_SECONDS_MAX = 5
# What the functions of the tests take, and the answer in a form that they ask for.
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
ANSWER = {
    "type": "object",
    "properties": {"answer": {"type": "integer"}},
    "required": ["answer"],
    "additionalProperties": False,
}

numbers = itertools.count()


def each(test):
    """Runs a test with every provider: it is given the name of the model that stands for it."""

    @functools.wraps(test)
    def run(self):
        for provider in PROVIDERS:
            with self.subTest(provider=provider):
                test(self, f"on-{provider}")

    return run


def can(client, model, feature):
    """Whether a feature of a client's protocol reaches the provider of a model."""
    return REACH[client][model.removeprefix("on-")][feature]


def mark():
    """A word to put into a prompt, under which `seen` finds the request."""
    return f"[{os.getpid()}-{next(numbers)}]"


def seen(word):
    """What the provider saw of the requests with that mark."""
    with urllib.request.urlopen(f"{os.environ['POINTSMAN_UPSTREAM_URL']}/control/{word[1:-1]}", timeout=10) as answer:
        return json.load(answer)


def closed(word):
    """Whether the provider's connection is closed soon, its answer not being whole."""
    until = time.monotonic() + SEEN_SECONDS_MAX
    while time.monotonic() < until:
        if seen(word)["closed"] == 1:
            return True
        time.sleep(0.02)
    return False
