"""What the clients of several makers have in common, tested by one piece of code."""

from place import each


class Statuses:
    """For a test case that has `classes`, by status, and `ask`."""

    classes = {}

    @each
    def test_each_status_raises_its_class(self, model):
        for status, kind in self.classes.items():
            for stream in (False, True):
                with self.assertRaises(kind) as raised:
                    self.ask(model, f"status {status}", stream=stream)
                if status < 429:
                    self.assertEqual(raised.exception.status_code, status)
                    self.assertIn(f"you asked for {status}", raised.exception.message)
                self.assertTrue(raised.exception.request_id)
