"""The lines that a demo prints to be pasted, pasted; and README.md shows what it prints (see run.py)."""

import os
import pathlib
import re
import subprocess
import tempfile
import threading
import unittest

README = (pathlib.Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
START_SECONDS_MAX = 60
LAST_LINE = "Ctrl-C ends it."


def plain(text):
    """What is the same for every demo."""
    text = re.sub(r"127\.0\.0\.1:\d+", "ADDRESS", text)
    text = re.sub(r"pmk_live_[^'\s]+", "KEY", text)
    return re.sub(r"\S*pointsman-demo", "FOLDER", text)


class Pasted(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="pointsman-pasted-")
        self.addCleanup(folder.cleanup)
        command = [os.environ["POINTSMAN_BINARY"], "demo", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
        self.demo = subprocess.Popen(
            command, cwd=folder.name, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.addCleanup(self.end)
        too_late = threading.Timer(START_SECONDS_MAX, self.demo.kill)
        too_late.start()
        lines = []
        for line in self.demo.stdout:
            lines.append(line)
            if line.startswith(LAST_LINE):
                break
        too_late.cancel()
        self.said = "".join(lines)
        # A command goes on while its lines end in a backslash.
        self.commands = re.findall(r"^  (curl (?:.*\\\n)*.*)\n", self.said, re.M)

    def end(self):
        self.demo.terminate()
        self.demo.wait(20)
        self.demo.stdout.close()

    def paste(self, command):
        done = subprocess.run(
            ["bash", "-c", command.replace("curl ", "curl -sS ", 1)], capture_output=True, text=True, timeout=30, check=False
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_every_client_is_answered_by_whoever_is_left(self):
        asking, failing = self.commands[:3], self.commands[3:]
        self.assertEqual((len(asking), len(failing)), (3, 2))
        for provider, failure in zip(("openai", "anthropic", "gemini"), (*failing, None)):
            for command, member in zip(asking, ("choices", "content", "candidates")):
                answer = self.paste(command)
                self.assertIn(f'"{member}"', answer)
                self.assertIn(f"at provider {provider})", answer)
            if failure:
                self.assertIn('"fault"', self.paste(failure))

    def test_the_readme_shows_what_is_printed(self):
        shown = re.search(r"^\$ cargo run --release -- demo\n(.*?)^```", README, re.M | re.S)[1]
        self.assertEqual(plain(shown), plain(self.said))


if __name__ == "__main__":
    unittest.main()
