"""The official client's class for Azure, pointed at the gateway: deployments in the path, a key in `api-key`."""

import unittest

import openai

import place
from place import HELLO, each


class Azure(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.client = openai.AzureOpenAI(
            azure_endpoint=place.URL, api_version="2024-10-21", api_key=place.KEY, max_retries=0, timeout=20
        )
        cls.addClassCleanup(cls.client.close)

    def ask(self, model, **rest):
        return self.client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "hi"}], **rest
        )

    @each
    def test_a_deployment_is_a_model(self, model):
        answer = self.ask(model)
        self.assertEqual((answer.choices[0].message.content, answer.choices[0].finish_reason), (HELLO, "stop"))

    @each
    def test_streamed_words(self, model):
        chunks = [chunk for chunk in self.ask(model, stream=True) if chunk.choices]
        self.assertEqual("".join(chunk.choices[0].delta.content or "" for chunk in chunks), HELLO)

    @each
    def test_responses(self, model):
        self.assertEqual(self.client.responses.create(model=model, input="hi").output_text, HELLO)

    def test_a_deployment_of_the_client(self):
        client = openai.AzureOpenAI(
            azure_endpoint=place.URL,
            azure_deployment="on-azure",
            api_version="2024-10-21",
            api_key=place.KEY,
            max_retries=0,
        )
        with client:
            answer = client.chat.completions.create(model="ignored", messages=[{"role": "user", "content": "hi"}])
        self.assertEqual(answer.choices[0].message.content, HELLO)

    def test_embeddings(self):
        answer = self.client.embeddings.create(model="on-azure", input=["a", "b"])
        self.assertEqual([one.embedding for one in answer.data], [[0.5, 1.0]] * 2)

    def test_models(self):
        names = [model.id for model in self.client.models.list()]
        self.assertEqual(names, sorted(f"on-{provider}" for provider in place.PROVIDERS))

    def test_what_is_deployed_nowhere_is_not_found(self):
        with self.assertRaises(openai.NotFoundError) as raised:
            self.ask("nobody")
        self.assertEqual(raised.exception.code, "model_not_found")

    def test_a_wrong_key_is_refused(self):
        # It has its connections from the other, which closes them.
        client = self.client.with_options(api_key="pmk_live_wrong")
        with self.assertRaises(openai.AuthenticationError):
            client.chat.completions.create(model="on-azure", messages=[{"role": "user", "content": "hi"}])


if __name__ == "__main__":
    unittest.main()
