"""Amazon Bedrock: Converse and ConverseStream, by botocore's own model of the service; and the service that lends a role.

The gateway takes the role by a web identity. It gets access keys with a session and signs with them; signatures are
made again here, by botocore's own signer.
"""

import base64
import binascii
import datetime
import hmac
import json
import re
import struct
import zlib
from urllib.parse import parse_qs, quote, unquote

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.validate import ParamValidator

from .provider import Provider
from .script import Refused

MODEL = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-6"
ROLE = "arn:aws:iam::123456789012:role/gateway"
KEYS = Credentials("ASIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "IQoJb3JpZ2luX2VjE+x/y==")
REGION = "eu-west-1"
SKEW_SECONDS_MAX = 300
SERVICE = botocore.session.get_session().get_service_model("bedrock-runtime")
CONVERSE, STREAM = SERVICE.operation_model("Converse"), SERVICE.operation_model("ConverseStream")
EVENTS = STREAM.output_shape.members["stream"].members
# Those that the model lists for Converse, by status. What the front before it refuses has none.
NAMES = {
    400: "ValidationException",
    401: "AccessDeniedException",
    403: "InvalidSignatureException",
    404: "ResourceNotFoundException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
    529: "ModelNotReadyException",
}


def checked(value, shape, at=""):
    """What botocore does not look at before it sends: words of a list, patterns, Base64."""
    if getattr(shape, "is_document_type", False):
        return
    if shape.type_name == "structure":
        for name, member in value.items():
            checked(member, shape.members[name], f"{at}.{name}")
    elif shape.type_name == "list":
        for number, member in enumerate(value):
            checked(member, shape.member, f"{at}[{number}]")
    elif shape.type_name == "map":
        for name, member in value.items():
            checked(name, shape.key, f"{at}.{name}")
            checked(member, shape.value, f"{at}.{name}")
    elif shape.type_name == "blob":
        try:
            base64.b64decode(value, validate=True)
        except (binascii.Error, TypeError) as error:
            raise Refused(400, f"{at} is not Base64") from error
    elif shape.type_name == "string":
        words = shape.metadata.get("enum")
        if words and value not in words:
            raise Refused(400, f"{at}: {value!r} is none of {words}")
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(pattern.replace("\\p{L}", "[^\\W\\d_]"), value):
            raise Refused(400, f"{at}: {value!r} does not match {pattern}")


def validate(value, shape):
    report = ParamValidator().validate(value, shape)
    if report.has_errors():
        raise Refused(400, report.generate_report())
    checked(value, shape)
    return value


class Bedrock(Provider):
    """Converse."""

    protocol = "bedrock"
    provider = f'base-url: "{{url}}", region: {REGION}'
    credential = f'secret: "aws:{{url}}/sts", token: {{{{ identity: "{ROLE}", assertion: "env:{{variable}}" }}}}'
    backend = f', upstream-model: "{MODEL}"'
    media = "application/vnd.amazon.eventstream"

    def read(self):
        if self.path_asked.endswith("/sts"):
            return {name: value for name, [value] in parse_qs(self.text, strict_parsing=True).items()}
        return super().read()

    def check(self):
        if self.path_asked.endswith("/sts"):
            return self.check_role()
        self.check_signature()
        found = re.fullmatch(r"/bedrock/model/([^/]+)/(converse|converse-stream)", self.path_asked)
        if not found or found[1] != quote(MODEL, safe="-._~"):
            raise Refused(404, "no such operation")
        stream = found[2] == "converse-stream"
        if self.headers["accept"] != (self.media if stream else "application/json"):
            raise Refused(400, "another media type is asked for")
        operation = STREAM if stream else CONVERSE
        validate({"modelId": unquote(found[1]), **self.body}, operation.input_shape)
        self.check_turns()
        return stream

    def check_role(self):
        expected = {
            "Action": "AssumeRoleWithWebIdentity",
            "Version": "2011-06-15",
            "RoleArn": ROLE,
            "RoleSessionName": "pointsman",
            "DurationSeconds": "3600",
            "WebIdentityToken": self.secret("bedrock"),
        }
        if self.body != expected:
            raise Refused(400, "no such role")
        return False

    def other(self):
        if not self.path_asked.endswith("/sts"):
            return None
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
        return f"""<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>
            <AccessKeyId>{KEYS.access_key}</AccessKeyId><SecretAccessKey>{KEYS.secret_key}</SecretAccessKey>
            <SessionToken>{KEYS.token}</SessionToken><Expiration>{until:%Y-%m-%dT%H:%M:%SZ}</Expiration>
            </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"""

    def check_signature(self):
        """As AWS does: made again from what came, and compared."""
        proof = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, "
            r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})",
            self.headers["authorization"] or "",
        )
        if not proof:
            raise Refused(403, "no signature")
        identity, _, region, service, names, signature = proof.groups()
        if (identity, region, service) != (KEYS.access_key, REGION, "bedrock"):
            raise Refused(403, "the credential is scoped to something else")
        if self.headers["x-amz-security-token"] != KEYS.token:
            raise Refused(403, "wrong session")
        if not {"host", "content-type", "x-amz-date", "x-amz-security-token"} <= set(names.split(";")):
            raise Refused(403, "headers that must be signed are not")
        date = datetime.datetime.strptime(self.headers["x-amz-date"], "%Y%m%dT%H%M%SZ")
        skew = datetime.datetime.now(datetime.timezone.utc) - date.replace(tzinfo=datetime.timezone.utc)
        if abs(skew.total_seconds()) > SKEW_SECONDS_MAX:
            raise Refused(403, "Signature expired")
        headers = {name: self.headers[name] for name in names.split(";")}
        url = f"http://{self.headers['host']}{self.path_asked}"
        request = AWSRequest("POST", url, headers=headers, data=self.text.encode())
        request.context["timestamp"] = self.headers["x-amz-date"]
        signer = SigV4Auth(KEYS, service, region)
        words = signer.string_to_sign(request, signer.canonical_request(request))
        if not hmac.compare_digest(signer.signature(words, request), signature):
            raise Refused(403, "The request signature we calculated does not match the signature you provided.")

    def check_turns(self):
        """The rules of Converse that its model does not say."""
        calls, before = [], "assistant"
        for message in self.body["messages"]:
            role, content = message["role"], message["content"]
            if role != "system":
                if role == before:
                    raise Refused(400, "roles must alternate, the user first")
                before = role
            results = [block["toolResult"]["toolUseId"] for block in content if "toolResult" in block]
            if sorted(results) != sorted(calls):
                raise Refused(400, "the number of toolResult blocks is not that of toolUse blocks")
            calls = [block["toolUse"]["toolUseId"] for block in content if "toolUse" in block]
            if (calls or results) and not self.body.get("toolConfig"):
                raise Refused(400, "toolConfig must be defined")
            if any(not block["text"].strip() for block in content if "text" in block):
                raise Refused(400, "text must not be blank")
        if self.body.get("inferenceConfig", {}).get("temperature", 0) > 1:
            raise Refused(400, "temperature: range 0..1")

    def asked(self):
        content = self.body["messages"][-1]["content"]
        words = " ".join(block["text"] for block in content if "text" in block)
        results = [
            " ".join(part["text"] for part in block["toolResult"]["content"] if "text" in part)
            for block in content
            if "toolResult" in block
        ]
        tools = [one["toolSpec"]["name"] for one in self.body.get("toolConfig", {}).get("tools", []) if "toolSpec" in one]
        return words, tools, results

    @staticmethod
    def usage():
        return {"inputTokens": 12, "cacheReadInputTokens": 8, "outputTokens": 5, "totalTokens": 25}

    @staticmethod
    def reason(parts):
        return "tool_use" if any(part[0] == "call" for part in parts) else "end_turn"

    @staticmethod
    def block(part):
        if part[0] == "text":
            return {"text": part[1]}
        if part[0] == "thought":
            return {"reasoningContent": {"reasoningText": {"text": part[1], "signature": part[2]}}}
        _, identity, name, arguments = part
        return {"toolUse": {"toolUseId": identity, "name": name, "input": arguments}}

    def whole(self, parts):
        message = {"role": "assistant", "content": [self.block(part) for part in parts]}
        answer = {"output": {"message": message}, "stopReason": self.reason(parts)}
        return validate({**answer, "usage": self.usage(), "metrics": {"latencyMs": 1}}, CONVERSE.output_shape)

    def events(self, parts):
        yield self.event("messageStart", role="assistant")
        for index, part in enumerate(parts):
            at = {"contentBlockIndex": index}
            if part[0] == "text":
                deltas = [{"text": part[1]}]
            elif part[0] == "thought":
                deltas = [{"reasoningContent": {"text": part[1]}}, {"reasoningContent": {"signature": part[2]}}]
            else:
                _, identity, name, arguments = part
                text = json.dumps(arguments)
                yield self.event("contentBlockStart", **at, start={"toolUse": {"toolUseId": identity, "name": name}})
                deltas = [{"toolUse": {"input": piece}} for piece in ("", text[:5], text[5:])]
            for delta in deltas:
                yield self.event("contentBlockDelta", **at, delta=delta)
            yield self.event("contentBlockStop", **at)
        yield self.event("messageStop", stopReason=self.reason(parts))
        yield self.event("metadata", usage=self.usage(), metrics={"latencyMs": 1})

    @staticmethod
    def event(name, **members):
        validate(members, EVENTS[name])
        headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
        return frame(headers, json.dumps(members).encode())

    @staticmethod
    def error(status, message):
        return {"message": message}

    @staticmethod
    def error_headers(status):
        """Errors have a name, and clients go by it and not by the status."""
        return {"x-amzn-errortype": NAMES[status]} if status in NAMES else {}


def frame(headers, payload):
    """A message of Amazon's event stream: all of its headers are texts."""
    written = b"".join(
        struct.pack(f"!B{len(name)}sBH{len(value)}s", len(name), name.encode(), 7, len(value), value.encode())
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", len(written) + len(payload) + 16, len(written))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + written + payload
    return message + struct.pack("!I", zlib.crc32(message))
