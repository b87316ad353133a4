//! The table of issuers.
//!
//! **Source**: what each issuer documents about its keys, and where it says nothing, the public rules of gitleaks
//! (`config/gitleaks.toml`), `TruffleHog` (`pkg/detectors`) and GitHub's secret scanning, 2026. The comment above a group
//! says which.

use super::{Alphabet, Form, Length};
use crate::secret::checked::{bech32, crc32_base62, crc32_hex};

const fn form(prefix: &'static str, issuer: &'static str, alphabet: Alphabet, length: Length) -> Form {
    Form { prefix, issuer, alphabet, length, check: None }
}

const fn checked(form: Form, check: fn(&str) -> bool) -> Form {
    Form { check: Some(check), ..form }
}

const fn word(prefix: &'static str, issuer: &'static str, length_min: usize) -> Form {
    form(prefix, issuer, Alphabet::Word, Length::AtLeast(length_min))
}

const fn alphanumeric(prefix: &'static str, issuer: &'static str, length: usize) -> Form {
    form(prefix, issuer, Alphabet::Alphanumeric, Length::Exactly(length))
}

/// Four characters, then 30 at random and their check sum.
const fn github(prefix: &'static str) -> Form {
    checked(alphanumeric(prefix, "a GitHub token", 36), after_four)
}

fn after_four(token: &str) -> bool {
    token.get(4..).is_some_and(crc32_base62)
}

/// A longer prefix stands before its beginning.
pub(super) const FORMS: &[Form] = &[
    // Anthropic: Console, API keys (`sk-ant-api03-`, `sk-ant-admin01-`, `sk-ant-oat01-`).
    word("sk-ant-", "an Anthropic key", 20),
    // OpenAI: API reference, authentication (project, service account and admin keys; the first ones had no second part).
    word("sk-proj-", "an OpenAI key", 20),
    word("sk-svcacct-", "an OpenAI key", 20),
    word("sk-admin-", "an OpenAI key", 20),
    // OpenRouter: API keys. Langfuse: API keys.
    word("sk-or-v1-", "an OpenRouter key", 20),
    word("sk-lf-", "a Langfuse key", 30),
    // Services that speak OpenAI's protocol took its first prefix over (DeepSeek, LiteLLM, many others).
    word("sk-", "an OpenAI key", 32),
    // Google: API keys; OAuth client secrets; access tokens.
    form("AIza", "a Google API key", Alphabet::Word, Length::Exactly(35)),
    form("GOCSPX-", "a Google client secret", Alphabet::Word, Length::Exactly(28)),
    word("ya29.", "a Google access token", 40),
    // AWS: IAM identifiers, unique ID prefixes; Bedrock API keys, long-term and short-term.
    checked(form("AKIA", "an AWS access key", Alphabet::Base32, Length::Exactly(16)), is_no_aws_example),
    checked(form("ASIA", "an AWS access key", Alphabet::Base32, Length::Exactly(16)), is_no_aws_example),
    form("ABSKQmVkcm9ja0FQSUtleS", "an Amazon Bedrock key", Alphabet::Base64, Length::AtLeast(80)),
    form("bedrock-api-key-", "an Amazon Bedrock key", Alphabet::Base64, Length::AtLeast(80)),
    // GitHub: about authentication; "Behind GitHub's new authentication token formats".
    github("ghp_"),
    github("gho_"),
    github("ghu_"),
    github("ghs_"),
    github("ghr_"),
    form("github_pat_", "a GitHub token", Alphabet::Word, Length::Exactly(82)),
    // npm: "Announcing npm's new access token format"; the check sum is GitHub's.
    checked(alphanumeric("npm_", "an npm token", 36), after_four),
    // GitLab: token prefixes.
    word("glpat-", "a GitLab token", 20),
    word("gldt-", "a GitLab token", 20),
    word("glrt-", "a GitLab token", 20),
    // Hugging Face: user access tokens (letters only).
    form("hf_", "a Hugging Face token", Alphabet::Letters, Length::Exactly(34)),
    form("api_org_", "a Hugging Face token", Alphabet::Letters, Length::Exactly(34)),
    // Groq, xAI, Perplexity, Replicate, Together, Fireworks, Cerebras, NVIDIA, Voyage, Tavily: TruffleHog and consoles.
    alphanumeric("gsk_", "a Groq key", 52),
    alphanumeric("xai-", "an xAI key", 80),
    alphanumeric("pplx-", "a Perplexity key", 48),
    alphanumeric("r8_", "a Replicate token", 37),
    word("tgp_v1_", "a Together key", 40),
    alphanumeric("fw_", "a Fireworks key", 24),
    alphanumeric("csk-", "a Cerebras key", 48),
    word("nvapi-", "an NVIDIA key", 60),
    form("pa-", "a Voyage key", Alphabet::Word, Length::Exactly(43)),
    word("tvly-", "a Tavily key", 32),
    // LangSmith: API keys. ElevenLabs: API keys.
    word("lsv2_pt_", "a LangSmith key", 40),
    word("lsv2_sk_", "a LangSmith key", 40),
    form("sk_", "an ElevenLabs key", Alphabet::Hexadecimal, Length::Exactly(48)),
    // Slack: token types; app-level tokens.
    word("xoxb-", "a Slack token", 20),
    word("xoxp-", "a Slack token", 20),
    word("xoxa-", "a Slack token", 20),
    word("xoxs-", "a Slack token", 20),
    word("xoxe-", "a Slack token", 20),
    word("xapp-", "a Slack token", 20),
    // Stripe: API keys; webhook signing secrets.
    form("sk_live_", "a Stripe key", Alphabet::Alphanumeric, Length::AtLeast(24)),
    form("rk_live_", "a Stripe key", Alphabet::Alphanumeric, Length::AtLeast(24)),
    form("sk_test_", "a Stripe key", Alphabet::Alphanumeric, Length::AtLeast(24)),
    form("rk_test_", "a Stripe key", Alphabet::Alphanumeric, Length::AtLeast(24)),
    form("whsec_", "a Stripe key", Alphabet::Base64, Length::AtLeast(32)),
    // Databricks, DigitalOcean, HashiCorp Vault, Doppler, SendGrid, PyPI, Docker: their documentation of tokens.
    form("dapi", "a Databricks token", Alphabet::Hexadecimal, Length::Exactly(32)),
    form("dop_v1_", "a DigitalOcean token", Alphabet::Hexadecimal, Length::Exactly(64)),
    word("hvs.", "a Vault token", 90),
    form("dp.pt.", "a Doppler token", Alphabet::Alphanumeric, Length::AtLeast(40)),
    form("SG.", "a SendGrid key", Alphabet::Dotted, Length::Exactly(66)),
    word("pypi-AgEIcHlwaS5vcmc", "a PyPI token", 50),
    word("dckr_pat_", "a Docker token", 27),
    // Grafana: service account tokens, with a check sum.
    checked(form("glsa_", "a Grafana token", Alphabet::Word, Length::Exactly(41)), crc32_hex),
    // age: identities (age-encryption.org/v1), Bech32 with a check sum.
    checked(form("AGE-SECRET-KEY-1", "an age identity", Alphabet::Alphanumeric, Length::Exactly(58)), bech32),
];

/// The keys of AWS's own documentation end so.
fn is_no_aws_example(key: &str) -> bool {
    !key.ends_with("EXAMPLE")
}
