"""Runs a command against a demo of its own.

    with_demo.py BINARY COMMAND...

Starts `BINARY demo` on free ports in a temporary folder, waits for the line that says where it listens, runs the
command with that in its environment (POINTSMAN_BASE_URL, POINTSMAN_KEY, POINTSMAN_ADMIN_URL, POINTSMAN_UPSTREAM_URL),
and ends the demo. The exit code is the command's; the demo's log is shown only when the command failed.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading

START_SECONDS_MAX = 60
STOP_SECONDS_MAX = 15
COMMAND_SECONDS_MAX = 300


def main(binary, command):
    with tempfile.TemporaryDirectory(prefix="pointsman-sdk-") as folder:
        with open(os.path.join(folder, "demo.log"), "w+", encoding="utf-8") as log:
            demo = start(binary, os.path.join(folder, "demo"), log)
            try:
                places = first_line(demo)
                code = subprocess.run(
                    command, env={**os.environ, **places}, timeout=COMMAND_SECONDS_MAX, check=False
                ).returncode
            except Exception as error:  # whatever it was, the demo's log explains it best
                print(f"with_demo: {error}", file=sys.stderr)
                code = 1
            stop(demo)
            if code != 0:
                log.seek(0)
                sys.stderr.write(f"---- the demo's log\n{log.read()[-20_000:]}----\n")
            return code


def start(binary, folder, log):
    arguments = ["demo", "--dir", folder, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--format", "json"]
    return subprocess.Popen(
        [os.path.abspath(binary), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
    )


def first_line(demo):
    """The demo's first line as environment variables; the demo is ended when it takes too long to write it."""
    too_late = threading.Timer(START_SECONDS_MAX, demo.kill)
    too_late.start()
    line = demo.stdout.readline()
    too_late.cancel()
    if not line:
        raise RuntimeError(f"the demo ended or said nothing within {START_SECONDS_MAX} s")
    said = json.loads(line)
    # Whatever else the demo prints must not fill the pipe.
    threading.Thread(target=demo.stdout.read, daemon=True).start()
    names = ["base_url", "key", "admin_url", "upstream_url"]
    return {f"POINTSMAN_{name.upper()}": said[name] for name in names}


def stop(demo):
    demo.terminate()
    try:
        demo.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        demo.kill()
        demo.wait()


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
