//! Finds secrets in the text of a file, by the forms that their issuers gave them.
//!
//! Deliberately knows only forms that nothing else has: a guess by entropy would cry wolf on digests. The invariant: one
//! pass over the text, and what is found has the whole secret in its span, so that redacting the span hides all of it.
//!
//! Read next: [`crate::rules::literal_secret`], which reports it.

use pointsman_schema::api_key;
use pointsman_schema::tree::Span;

/// A secret in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secret {
    /// All of it.
    pub span: Span,
    /// Whose form it has, with its article.
    pub issuer: &'static str,
}

/// Every secret of a text, in order.
pub fn find(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    let mut end = 0;
    for (start, _) in text.match_indices(|c: char| FIRST_CHARACTERS.contains(c)) {
        if start < end || !is_word_start(text, start) {
            continue;
        }
        let Some(rest) = text.get(start..) else { continue };
        if let Some((length, issuer)) = starts_with_secret(rest) {
            end = start.saturating_add(length);
            found.push(Secret { span: Span::new(start, end), issuer });
        }
    }
    found
}

fn starts_with_secret(rest: &str) -> Option<(usize, &'static str)> {
    if let Some(body) = rest.strip_prefix(api_key::PREFIX) {
        let range = api_key::find(rest).filter(|range| range.start == 0);
        return range.map(|range| (range.end, "a Pointsman API key")).filter(|_| !body.is_empty());
    }
    if rest.starts_with(PRIVATE_KEY) {
        let head = rest.split('\n').next().unwrap_or(rest).trim_end();
        let end = rest.find("-----END").map_or(head.len(), |end| line_end(rest, end));
        return head.contains("PRIVATE KEY-----").then_some((end, "a private key"));
    }
    FORMS.iter().find_map(|form| Some((form.length(rest)?, form.issuer)))
}

fn line_end(text: &str, from: usize) -> usize {
    let tail = text.get(from..).unwrap_or("");
    from.saturating_add(tail.find('\n').unwrap_or(tail.len()))
}

fn is_word_start(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|before| before.chars().next_back());
    before.is_none_or(|c| !(c.is_ascii_alphanumeric() || c == '_' || c == '-'))
}

/// What a family of secrets looks like after its prefix.
struct Form {
    prefix: &'static str,
    issuer: &'static str,
    /// **Unit**: characters after the prefix.
    length_min: usize,
    /// Whether the characters must be mixed, because the prefix alone could begin a name.
    is_mixed: bool,
}

impl Form {
    fn length(&self, rest: &str) -> Option<usize> {
        let body = rest.strip_prefix(self.prefix)?;
        let in_secret = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        let length = body.find(|c| !in_secret(c)).unwrap_or(body.len());
        let body = body.get(..length)?;
        let has = |test: fn(&u8) -> bool| body.as_bytes().iter().any(test);
        let is_mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
        let is_mixed =
            is_mixed && (!self.is_mixed || (has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase)));
        (length >= self.length_min && is_mixed).then(|| self.prefix.len().saturating_add(length))
    }
}

const fn form(prefix: &'static str, issuer: &'static str, length_min: usize) -> Form {
    Form { prefix, issuer, length_min, is_mixed: false }
}

/// **Source**: the issuers' documentation; longer prefixes stand before their beginnings.
const FORMS: &[Form] = &[
    form("sk-ant-", "an Anthropic key", 20),
    form("sk-proj-", "an OpenAI key", 20),
    form("sk-svcacct-", "an OpenAI key", 20),
    form("sk-or-v1-", "an OpenRouter key", 20),
    Form { is_mixed: true, ..form("sk-", "an OpenAI key", 32) },
    form("AIza", "a Google API key", 35),
    form("AKIA", "an AWS access key", 16),
    form("ASIA", "an AWS access key", 16),
    form("ghp_", "a GitHub token", 36),
    form("gho_", "a GitHub token", 36),
    form("ghs_", "a GitHub token", 36),
    form("ghu_", "a GitHub token", 36),
    form("github_pat_", "a GitHub token", 22),
    form("glpat-", "a GitLab token", 20),
    form("gsk_", "a Groq key", 40),
    form("hf_", "a Hugging Face token", 30),
    form("xai-", "an xAI key", 60),
    form("xoxb-", "a Slack token", 20),
    form("xoxp-", "a Slack token", 20),
];

/// What any form begins with; `p` is for [`api_key::PREFIX`], `-` for private keys.
const FIRST_CHARACTERS: &str = "sAgxhp-";
const PRIVATE_KEY: &str = "-----BEGIN ";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let found = find(text);
        let found: Vec<_> = found.iter().map(|s| (text.get(s.span.range()).unwrap(), s.issuer)).collect();
        assert_eq!(found, expected, "{text}");
    }

    /// Put together at run time, so that this file holds nothing that looks like a secret.
    fn sample(prefix: &str, length: usize) -> String {
        let body: String = "a1B2c3D4e5".chars().cycle().take(length).collect();
        format!("{prefix}{body}")
    }

    #[test]
    fn known_forms_are_found_whole() {
        for form in FORMS {
            let secret = sample(form.prefix, form.length_min);
            check(&format!("# old: \"{secret}\""), &[(&secret, form.issuer)]);
            check(&format!("x{secret}"), &[]);
        }
        let key = api_key::assemble(b"0123456789ABCDEFGHIJabcdefghij");
        check(&format!("a: {key}, b"), &[(&key, "a Pointsman API key")]);
        let private = format!("{PRIVATE_KEY}RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----");
        check(&format!("{private}\nnext"), &[(&private, "a private key")]);
    }

    #[test]
    fn names_are_not_secrets() {
        check("sk-learn-support-vector-machine-regression-2", &[]);
        check("pmk_live_short", &[]);
        check("hf_token and AIza and ghp_", &[]);
        check(&format!("sha256:{}", "0a".repeat(32)), &[]);
    }
}
