"""A gateway between the official SDKs and scripted providers, for one test run.

The policy has one model for each provider, each with its own chain entry, and a key that may use all of them.
"""

import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.request

import upstream

START_SECONDS_MAX = 30

WORKSPACE = "pointsman: 1\n"
POLICY = """\
providers:
  openai: {{ protocol: openai-compatible, base-url: "{base}/openai/v1" }}
  anthropic: {{ protocol: anthropic, base-url: "{base}/anthropic/v1" }}
  gemini: {{ protocol: gemini, base-url: "{base}/gemini/v1beta" }}
credentials:
  openai: {{ provider: openai, secret: "env:OPENAI_SECRET" }}
  anthropic: {{ provider: anthropic, secret: "env:ANTHROPIC_SECRET" }}
  gemini: {{ provider: gemini, secret: "env:GEMINI_SECRET" }}
models:
  on-openai: {{ capabilities: [{all}], output-limit: 32000 }}
  on-anthropic: {{ capabilities: [{all}], output-limit: 32000 }}
  on-gemini: {{ capabilities: [{all}], output-limit: 32000 }}
backends:
  openai: {{ model: on-openai, provider: openai, credential: openai }}
  anthropic: {{ model: on-anthropic, provider: anthropic, credential: anthropic }}
  gemini: {{ model: on-gemini, provider: gemini, credential: gemini }}
chains:
  all:
    rules:
      - {{ name: openai, match: {{ model: on-openai }}, fallback: [openai] }}
      - {{ name: anthropic, match: {{ model: on-anthropic }}, fallback: [anthropic] }}
      - {{ name: gemini, fallback: [gemini] }}
consumers:
  tests: {{}}
keys:
  tests: {{ consumer: tests, chain: all, digests: ["{digest}"] }}
"""
CAPABILITIES = "tools, parallel-tools, vision, structured-output, reasoning, streaming, audio"


class Gateway:
    """Started on construction; `close` ends it."""

    def __init__(self, binary):
        self.binary = os.path.abspath(binary)
        self.upstream = upstream.start()
        self.folder = tempfile.TemporaryDirectory(prefix="pointsman-sdk-")
        self.key, digest = self.new_key()
        base = f"http://127.0.0.1:{self.upstream.server_address[1]}"
        policy = POLICY.format(base=base, all=CAPABILITIES, digest=digest)
        self.write("policy/pointsman.yaml", WORKSPACE)
        self.write("policy/platform.yaml", policy)
        self.run("compile", self.path("policy"), "-o", self.path("snapshots"))
        self.start()

    def new_key(self):
        made = json.loads(self.run("key", "new", "tests", "--format", "json"))
        return made["key"], made["digest"]

    def start(self):
        port, admin = free_port(), free_port()
        self.base_url = f"http://127.0.0.1:{port}"
        secrets = {f"{name.upper()}_SECRET": f"{name}-secret" for name in upstream.PROVIDERS}
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
                    with open(self.path("log"), encoding="utf-8") as log:
                        raise RuntimeError(f"the gateway does not come up:\n{log.read()}") from None
                time.sleep(0.05)

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
