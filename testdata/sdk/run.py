"""Runs the tests of every client: one gateway before the scripted providers serves all of them at once.

    run.py BINARY --frameworks PYTHON --node NODE --modules FOLDER [NAME...]

PYTHON is that of the environment with the frameworks, FOLDER the one with Node's packages. A NAME runs only the suites that
have it in theirs. What a suite prints is shown when it has ended; the exit code says whether all passed.
"""

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys
import time

import gateway

HERE = pathlib.Path(__file__).parent
SUITE_SECONDS_MAX = 240
# Each suite mostly waits, so there may be more of them than cores.
AT_ONCE = 4


def suites(options):
    """Name and command of each, the longest first."""
    own, frameworks = [sys.executable], [options.frameworks]
    node = [options.node, "--test", "--test-reporter=dot"]
    demo = [sys.executable, str(HERE / "with_demo.py"), options.binary]
    files = {
        "test_langchain.py": frameworks,
        "test_pydantic_ai.py": frameworks,
        "test_agents.py": frameworks,
        "test_clients_page.py": frameworks,
        "test_openai_chat.py": own,
        "test_anthropic.py": own,
        "test_google.py": own,
        "test_openai_responses.py": own,
        "test_strict.py": own,
        "test_azure.py": own,
        "test_limits.py": own,
        "test_translation.py": own,
        "test_demo.py": [*demo, *own],
        "test_pasted.py": own,
        "demo.test.mjs": [*demo, *node],
        **{f"node/{path.name}": node for path in sorted((HERE / "node").glob("*.test.mjs"))},
    }
    return {name: [*command, str(HERE / name)] for name, command in files.items()}


def run(name, command, environment):
    began = time.monotonic()
    try:
        done = subprocess.run(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SUITE_SECONDS_MAX,
            check=False,
        )
        code, said = done.returncode, done.stdout
    except subprocess.TimeoutExpired as error:
        code, said = 1, f"{(error.stdout or b'').decode()}\n{name} took more than {SUITE_SECONDS_MAX} s"
    print(f"-- {name}: {'ok' if code == 0 else 'FAILED'}, {time.monotonic() - began:.1f} s\n{said.strip()}", flush=True)
    return code == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("names", nargs="*")
    for name in ("frameworks", "node", "modules"):
        parser.add_argument(f"--{name}", required=True)
    options = parser.parse_intermixed_args()
    chosen = {
        name: command
        for name, command in suites(options).items()
        if not options.names or any(part in name for part in options.names)
    }
    if not chosen:
        parser.error("no suite has such a name")
    serving = gateway.Gateway(options.binary)
    try:
        environment = {
            **serving.environment(),
            "NODE_PATH": options.modules,
            "POINTSMAN_NODE": options.node,
            "POINTSMAN_BINARY": os.path.abspath(options.binary),
        }
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            passed = list(pool.map(lambda one: run(*one, environment), chosen.items()))
        if not all(passed):
            print(f"---- the gateway's log\n{serving.log()[-20_000:]}")
            print("---- refused by the providers\n" + "\n".join(serving.upstream.refused))
        return 0 if all(passed) else 1
    finally:
        serving.close()


if __name__ == "__main__":
    sys.exit(main())
