"""A key with a limit: the official clients raise what they raise for a provider's own limit, and wait as they are told."""

import unittest

import anthropic
import openai
from google import genai
from google.genai import errors

import place

MODEL = "on-openai"
# The limit lets two pass at once, and then one a second.
TRIES_MAX = 10


class Limited(unittest.TestCase):
    def refused(self, ask, kind):
        """Asks until the limit is reached, and gives what was raised then."""
        for _ in range(TRIES_MAX):
            try:
                ask()
            except kind as raised:
                return raised
        return self.fail("the limit was never reached")

    def test_openai(self):
        def ask(retries):
            with openai.OpenAI(base_url=f"{place.URL}/v1", api_key=place.LIMITED_KEY, max_retries=retries) as client:
                return client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "hi"}])

        raised = self.refused(lambda: ask(0), openai.RateLimitError)
        self.assertEqual((raised.status_code, raised.code), (429, "rate_limit_exceeded"))
        self.assertIn("The limit `paced` is reached: 60 requests a minute", str(raised))
        headers = raised.response.headers
        self.assertEqual((headers["x-ratelimit-limit-requests"], headers["x-ratelimit-remaining-requests"]), ("60", "0"))
        self.assertEqual((headers["retry-after"], headers["x-should-retry"]), ("1", "true"))
        self.assertEqual(ask(3).choices[0].message.content, place.HELLO)

    def test_anthropic(self):
        def ask(retries):
            with anthropic.Anthropic(base_url=place.URL, api_key=place.LIMITED_KEY, max_retries=retries) as client:
                return client.messages.create(
                    model=MODEL, max_tokens=20, messages=[{"role": "user", "content": "hi"}]
                )

        raised = self.refused(lambda: ask(0), anthropic.RateLimitError)
        self.assertEqual(raised.body["error"]["type"], "rate_limit_error")
        headers = raised.response.headers
        self.assertEqual(headers["anthropic-ratelimit-requests-limit"], "60")
        self.assertEqual(headers["anthropic-ratelimit-requests-remaining"], "0")
        self.assertRegex(headers["anthropic-ratelimit-requests-reset"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(ask(3).content[0].text, place.HELLO)

    def test_google(self):
        client = genai.Client(api_key=place.LIMITED_KEY, http_options={"base_url": place.URL})
        self.addCleanup(client.close)
        raised = self.refused(
            lambda: client.models.generate_content(model=MODEL, contents="hi"), errors.ClientError
        )
        self.assertEqual((raised.code, raised.status), (429, "RESOURCE_EXHAUSTED"))


if __name__ == "__main__":
    unittest.main()
