"""What docs/clients.md says: its examples work, each on another provider, and its versions are those that are tested (see run.py)."""

import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import place
from place import HELLO

HERE = pathlib.Path(__file__).parent
PAGE = (HERE.parents[1] / "docs/clients.md").read_text(encoding="utf-8")
PACKAGES = HERE / "packages"
EXAMPLES_MIN = 10
SECONDS_MAX = 60
# What the examples do not speak to: parts of others, tools, and types that requests to providers are held against.
NOT_CLIENTS = {"botocore", "cohere", "mistralai", "zod"}


def examples(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S)


def pinned():
    """Each client with its version."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(PACKAGES.glob("*.in")))
    python = re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==(\S+)$", text, re.M)
    node = json.loads((PACKAGES / "package.json").read_text(encoding="utf-8"))["dependencies"]
    return {(name, version) for name, version in [*python, *node.items()] if name not in NOT_CLIENTS}


class ClientsPage(unittest.TestCase):
    def run_examples(self, language, command, suffix, folder=None):
        """Runs each with another provider: what it prints is what they all answer."""
        for text, provider in zip(examples(language), itertools.cycle(place.PROVIDERS)):
            code = text.replace('"gpt-4o"', f'"on-{provider}"')
            self.assertNotEqual(code, text)
            with self.subTest(provider=provider, text=text):
                with tempfile.NamedTemporaryFile("w", suffix=suffix, dir=folder, encoding="utf-8") as file:
                    file.write(code)
                    file.flush()
                    done = subprocess.run(
                        [*command, file.name], capture_output=True, text=True, timeout=SECONDS_MAX, check=False
                    )
                self.assertEqual(done.returncode, 0, done.stderr)
                said = done.stdout.splitlines()
                self.assertTrue(said)
                for line in said:
                    # Anthropic may say it in two blocks, of which the example shows the first.
                    self.assertTrue(line and HELLO.startswith(line.rstrip()), line)

    def test_python(self):
        self.run_examples("python", [sys.executable], ".py")

    def test_node(self):
        # Packages are found from where the file lies.
        self.run_examples("js", [os.environ["POINTSMAN_NODE"]], ".mjs", pathlib.Path(os.environ["NODE_PATH"]).parent)

    def test_there_are_examples_of_all(self):
        self.assertGreaterEqual(len(examples("python")) + len(examples("js")), EXAMPLES_MIN)

    def test_versions(self):
        rows = re.findall(r"^\| \[([^\]]+)\][^|]*\| (\S+) \|", PAGE, re.M)
        self.assertEqual(set(rows), pinned())


if __name__ == "__main__":
    unittest.main()
