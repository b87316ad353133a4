"""The providers that the clients are tested on, each in a file of its own: the one list of them.

A provider is a class; an instance of it answers one request. Its name is the first part of its path, and `on-NAME` the
model that stands for it. It says how it is written in a policy (`protocol`, `provider`, `credential`, `backend`,
`environment`), refuses what the real one would refuse (`check`), and writes what `script` says it answers, whole and in
events. What its protocol cannot express is read from docs/compatibility.md and not repeated here.
"""

from .anthropic import Anthropic
from .azure import Azure
from .bedrock import Bedrock
from .cohere import Cohere
from .gemini import Gemini
from .mistral import Mistral
from .openai import Compatible, OpenAi
from .vertex import VertexClaude, VertexGemini

PROVIDERS = {
    "openai": OpenAi,
    "compatible": Compatible,
    "azure": Azure,
    "anthropic": Anthropic,
    "gemini": Gemini,
    "bedrock": Bedrock,
    "mistral": Mistral,
    "cohere": Cohere,
    "vertex": VertexGemini,
    "claude": VertexClaude,
}
