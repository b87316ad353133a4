//! `insecure-team-provider`: a team's provider, MCP server, token source or webhook without TLS or with a private address.
//!
//! Deliberately only words. Invariant: a team cannot make the gateway talk to machines behind it.
//!
//! Read next: [`crate::check`], which calls it for everything with an address. A name may still resolve to a private
//! address: the gateway looks again when it connects.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pointsman_schema::source::upstream::Scheme;
use pointsman_schema::source::{BaseUrl, Budget, Credential, McpServer, Provider, SecretSource};
use pointsman_schema::tree::Spanned;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "insecure-team-provider",
    severity: Severity::Error,
    summary: "an address that a team declares is not https, or is private",
    page: include_str!("../../../docs/rules/insecure-team-provider.md"),
};

/// Reports a team's provider that a team may not have.
pub fn check(declared: &Declared<'_, Provider>, body: &Provider, sink: &mut Diagnostics) {
    sink.extend(judge(declared, "provider", "provider", &body.base_url));
}

/// Reports a team's MCP server at an address that a team may not have.
pub fn check_server(declared: &Declared<'_, McpServer>, body: &McpServer, sink: &mut Diagnostics) {
    sink.extend(body.url.as_ref().and_then(|url| judge(declared, "MCP server", "MCP server", url)));
}

/// Reports a team's budget that posts its alerts to an address that a team may not have.
pub fn check_budget(declared: &Declared<'_, Budget>, body: &Budget, sink: &mut Diagnostics) {
    let alert = body.alert.as_ref();
    sink.extend(
        alert.and_then(|alert| judge(declared, "the webhook of budget", "budget", &alert.value.webhook)),
    );
}

/// Reports a team's credential whose tokens come from an address that a team may not have.
pub fn check_credential(declared: &Declared<'_, Credential>, body: &Credential, sink: &mut Diagnostics) {
    let SecretSource::Token(_, endpoint) = &body.secret.value else { return };
    let url = Spanned::new(endpoint.url.clone(), body.secret.span);
    sink.extend(judge(declared, "the token source of credential", "credential", &url));
}

/// Judges an address of something that a team declares.
fn judge<T>(
    declared: &Declared<'_, T>,
    what: &str,
    kind: &str,
    url: &Spanned<BaseUrl>,
) -> Option<Diagnostic> {
    let team = declared.owner.team()?;
    let name = visible(&declared.name);
    let (headline, label) = match (url.value.scheme, address(&url.value.host)) {
        (_, Some(found)) => (
            format!("{what} `{name}` of team `{}` has an internal address", visible(team)),
            format!("expected a public address, found {found}"),
        ),
        (Scheme::Http, None) => (
            format!("{what} `{name}` of team `{}` is reached without TLS", visible(team)),
            "expected https, found http".to_owned(),
        ),
        (Scheme::Https, None) => return None,
    };
    let found = Diagnostic::new(&RULE, headline, Label::new(declared.file, url.span, label))
        .consequence(
            "a team's file could make the gateway send requests and secrets to whoever listens there",
        )
        .help(format!("use a public https address, or let the platform declare the {kind}"));
    Some(found)
}

/// What is wrong with a host, if anything.
fn address(host: &str) -> Option<&'static str> {
    match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => v4(address),
        Ok(IpAddr::V6(address)) => v6(address),
        Err(_) => name(host),
    }
}

fn name(host: &str) -> Option<&'static str> {
    const INTERNAL: &[&str] = &[
        "localhost",
        "localdomain",
        "local",
        "internal",
        "intranet",
        "private",
        "lan",
        "home",
        "corp",
        "svc",
        "test",
        "invalid",
        "arpa",
    ];
    let host = host.trim_end_matches('.');
    let Some((_, top)) = host.rsplit_once('.') else { return Some("a bare internal name") };
    // An all-numeric last label is an address in one of its older spellings: 127.1, 0x7f.1.
    if top.bytes().all(|byte| byte.is_ascii_digit()) || top.starts_with("0x") {
        return Some("an address in an unusual spelling");
    }
    INTERNAL.contains(&top).then_some("an internal name")
}

fn v4(address: Ipv4Addr) -> Option<&'static str> {
    let [first, second, third, _] = address.octets();
    match (first, second, third) {
        (127, ..) => Some("a loopback address"),
        (169, 254, _) => Some("a link-local address, where clouds serve their metadata"),
        (10, ..) | (192, 168, _) | (172, 16..=31, _) => Some("a private address"),
        (100, 64..=127, _) => Some("an address of carrier-grade NAT"),
        (0 | 224..=255, ..) | (192, 0, 0 | 2) | (198, 18 | 19, _) | (198, 51, 100) | (203, 0, 113) => {
            Some("an address that is not public")
        }
        _ => None,
    }
}

fn v6(address: Ipv6Addr) -> Option<&'static str> {
    let segments = address.segments();
    // Mapped (::ffff:a.b.c.d) and translated (64:ff9b::a.b.c.d) addresses are IPv4 addresses in other clothes.
    let [.., high, low] = segments;
    let embedded = Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match segments {
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("a loopback address"),
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => v4(embedded),
        [0x2002, ..] | [0x2001, 0, ..] => Some("a tunnelled address"),
        [0xfe80..=0xfebf, ..] => Some("a link-local address"),
        [0xfc00..=0xfdff, ..] => Some("a private address"),
        [0x2000..=0x3fff, ..] if segments.starts_with(&[0x2001, 0xdb8]) => {
            Some("an address that is not public")
        }
        [0x2000..=0x3fff, ..] => None,
        _ => Some("an address that is not public"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(host: &str, is_public: bool) {
        assert_eq!(address(host).is_none(), is_public, "{host}: {:?}", address(host));
    }

    #[test]
    fn only_public_addresses_pass() {
        for host in
            ["api.openai.com", "8.8.8.8", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "::ffff:8.8.8.8"]
        {
            check(host, true);
        }
        for host in [
            "localhost",
            "db",
            "vault.internal",
            "x.local",
            "db.default.svc",
            "host.localdomain",
            "a.private",
            "a.test",
            "a.invalid",
            "127.0.0.1",
            "127.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00:ec2::254",
            "::ffff:127.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "ff02::1",
        ] {
            check(host, false);
        }
    }
}
