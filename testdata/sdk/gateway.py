"""A gateway between clients and the scripted providers (see `providers` and `upstream.py`), for one test run.

The policy has one model `on-NAME` for each provider, which no other provider serves, and two keys that may use all of them;
the second one's rules permit that a provider is not told what its protocol has no form for (`lossy: allow`). A third one falls under
a limit: two requests at once, and then one a second.
"""

import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import time
import urllib.request

import upstream
from providers import PROVIDERS

START_SECONDS_MAX = 30
ROOT = pathlib.Path(__file__).parents[2]

WORKSPACE = "pointsman: 1\n"
CAPABILITIES = "tools, parallel-tools, vision, structured-output, reasoning, streaming, audio, embeddings"


def policy(base, digests):
    """One line for each object, by kind."""
    kinds = {kind: [] for kind in ("providers", "credentials", "models", "backends", "rules")}
    for name, kind in PROVIDERS.items():
        fields = {"name": name, "url": f"{base}/{name}{kind.path}", "variable": f"{name.upper()}_SECRET"}
        upstream_fields = f"protocol: {kind.protocol}, {kind.provider.format(**fields)}"
        kinds["providers"].append(f"{name}: {{ {upstream_fields} }}")
        kinds["credentials"].append(f"{name}: {{ provider: {name}, {kind.credential.format(**fields)} }}")
        kinds["models"].append(f"on-{name}: {{ capabilities: [{CAPABILITIES}], output-limit: 32000 }}")
        backend = f"model: on-{name}, provider: {name}, credential: {name}{kind.backend}"
        kinds["backends"].append(f"{name}: {{ {backend} }}")
        kinds["rules"].append(f"name: {name}, match: {{ model: on-{name} }}, fallback: [{name}]")
    rules = kinds.pop("rules")
    text = "".join(f"{kind}:\n" + "".join(f"  {line}\n" for line in lines) for kind, lines in kinds.items())
    text += "chains:\n"
    for chain, more in (("strict", ""), ("lossy", ", lossy: allow")):
        text += f"  {chain}:\n    rules:\n" + "".join(f"      - {{ {rule}{more} }}\n" for rule in rules)
    text += "limits:\n  paced: { requests: 60, window: minute, burst: 2 }\n"
    text += "consumers:\n  tests: {}\n  limited: { limits: [paced] }\nkeys:\n"
    for name, digest in digests.items():
        who, chain = ("limited", "strict") if name == "limited" else ("tests", name)
        text += f'  {name}: {{ consumer: {who}, chain: {chain}, digests: ["{digest}"] }}\n'
    return text


def reach():
    """For each client protocol, provider and feature, whether it gets there: docs/compatibility.md, which is generated."""
    text = (ROOT / "docs/compatibility.md").read_text(encoding="utf-8")
    features = text[text.index("## Features") :].split("\n## ")[0]
    found = {}
    for section in features.split("\n### ")[1:]:
        client = re.match(r"`([^`]+)`", section)[1]
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.split("\n") if line[:1] == "|"]
        columns = [cell.replace("`", "") for cell in rows[0]]
        for name, kind in PROVIDERS.items():
            at = columns.index(kind.column or kind.protocol)
            found.setdefault(client, {})[name] = {row[0].strip("`"): row[at] != "refused" for row in rows[2:]}
    return found


class Gateway:
    """Started on construction; `close` ends it."""

    def __init__(self, binary):
        self.binary = os.path.abspath(binary)
        self.upstream = upstream.start()
        self.upstream_url = f"http://127.0.0.1:{self.upstream.server_address[1]}"
        self.folder = tempfile.TemporaryDirectory(prefix="pointsman-sdk-")
        made = {name: self.new_key() for name in ("strict", "lossy", "limited")}
        self.keys = {name: key for name, (key, _) in made.items()}
        digests = {name: digest for name, (_, digest) in made.items()}
        self.write("policy/pointsman.yaml", WORKSPACE)
        self.write("policy/platform.yaml", policy(self.upstream_url, digests))
        self.run("compile", self.path("policy"), "-o", self.path("snapshots"))
        self.start()

    def new_key(self):
        made = json.loads(self.run("key", "new", "tests", "--format", "json"))
        return made["key"], made["digest"]

    def environment(self):
        """What a client's tests are told, as `place.py` and `node/place.mjs` read it."""
        return {
            "POINTSMAN_URL": self.base_url,
            "POINTSMAN_KEY": self.keys["strict"],
            "POINTSMAN_LOSSY_KEY": self.keys["lossy"],
            "POINTSMAN_LIMITED_KEY": self.keys["limited"],
            "POINTSMAN_UPSTREAM_URL": self.upstream_url,
            "POINTSMAN_PROVIDERS": json.dumps(list(PROVIDERS)),
            "POINTSMAN_REACH": json.dumps(reach()),
        }

    def start(self):
        port, admin = free_port(), free_port()
        self.base_url = f"http://127.0.0.1:{port}"
        secrets = {}
        for name, kind in PROVIDERS.items():
            secrets |= {f"{name.upper()}_SECRET": kind.secret(name)}
        with open(self.path("log"), "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [self.binary, "gateway", "--snapshots", self.path("snapshots")]
                + ["--listen", f"127.0.0.1:{port}", "--admin", f"127.0.0.1:{admin}"],
                env={**os.environ, **secrets},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{admin}/readyz", timeout=1):
                    return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"the gateway does not come up:\n{self.log()}") from None
                time.sleep(0.05)

    def log(self):
        with open(self.path("log"), encoding="utf-8") as log:
            return log.read()

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def run(self, *arguments):
        done = subprocess.run([self.binary, *arguments], capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{arguments}: {done.stdout}{done.stderr}")
        return done.stdout

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.upstream.shutdown()
        self.folder.cleanup()


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
