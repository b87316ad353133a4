//! Names and patterns of things that are declared elsewhere: tools, claims, teams, files of the gateway, versions of APIs.
//!
//! A pattern holds at most one `*`, as everywhere in the language.

use jiff::civil::{Date, date};
use serde_json::{Value as Json, json};

use super::scalar::{check_name, malformed, text_type};
use super::{Read, Reader};
use crate::json_schema::Definitions;
use crate::tree::Node;

text_type! {
    /// The name of an MCP tool.
    ///
    /// **Shape**: 1 to 128 of `A-Z a-z 0-9 _ - .` (Model Context Protocol 2026-07-28, tool names).
    ToolName, "a tool name", check_tool_name, json!({ "type": "string", "pattern": "^[A-Za-z0-9_.-]{1,128}$" })
}

text_type! {
    /// A tool name, or a pattern with one `*`.
    ToolGlob, "a tool name or pattern", check_tool_glob,
    json!({ "type": "string", "pattern": "^[A-Za-z0-9_.-]*\\*?[A-Za-z0-9_.-]*$", "minLength": 1 })
}

text_type! {
    /// A value of an OIDC claim, or a pattern with one `*`.
    ClaimGlob, "a claim value or pattern", check_claim_glob,
    json!({ "type": "string", "minLength": 1, "maxLength": 256 })
}

text_type! {
    /// A team, or `*` for every team.
    TeamGlob, "a team, or *", check_team_glob,
    json!({ "type": "string", "pattern": "^(\\*|[a-z0-9][a-z0-9._-]{0,63})$" })
}

text_type! {
    /// A file below a folder of the gateway.
    ///
    /// **Shape**: a relative path without `.` and `..`.
    RelativePath, "a relative path", check_relative_path,
    json!({ "type": "string", "pattern": "^[^/\\\\][^\\\\]*$", "maxLength": 255 })
}

text_type! {
    /// Something that an issuer of tokens has its own word for: who asks, or what for.
    ///
    /// **Shape**: 1 to 256 of `A-Z a-z 0-9 . _ : / @ + = , -`.
    IssuerWord, "a word of the tokens' issuer", check_issuer_word,
    json!({ "type": "string", "pattern": "^[A-Za-z0-9._:/@+=,-]{1,256}$" })
}

text_type! {
    /// A version of Azure's API for models of OpenAI's, of those that know how a gateway asks.
    ///
    /// **Shape**: a day from 2024-10-01 on, or that of a preview: `2024-10-21`, `2025-04-01-preview`.
    AzureVersion, "a version of Azure's API", check_azure_version,
    json!({ "type": "string", "pattern": "^20[0-9]{2}-[0-9]{2}-[0-9]{2}(-preview)?$" })
}

fn check_azure_version(text: &str) -> Result<(), String> {
    let day = text.strip_suffix("-preview").unwrap_or(text);
    let day = day.parse::<Date>().ok().filter(|read| read.to_string() == day);
    match day.ok_or_else(|| "write it as 2024-10-21 or 2025-04-01-preview".to_owned())? {
        day if day < AZURE_VERSION_MIN => Err(format!(
            "versions before {AZURE_VERSION_MIN} refuse `max_completion_tokens` and `stream_options`, by which the gateway asks"
        )),
        _ => Ok(()),
    }
}

/// The first release that has both is of 2024-10-21, the previews before it are of this month.
///
/// **Source**: Azure's specification `inference/stable/2024-10-21`.
const AZURE_VERSION_MIN: Date = date(2024, 10, 1);

fn check_issuer_word(text: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/@+=,-".contains(&byte);
    let fits = (1..=256).contains(&text.len()) && text.bytes().all(allowed);
    fits.then_some(()).ok_or_else(|| "use 1 to 256 of A-Z, a-z, 0-9 and `. _ : / @ + = , -`".to_owned())
}

fn check_tool_name(text: &str) -> Result<(), String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if text.is_empty() || text.len() > TOOL_NAME_BYTES_MAX {
        return Err(format!("it must have 1 to {TOOL_NAME_BYTES_MAX} bytes"));
    }
    match text.chars().find(|c| !allowed(*c)) {
        Some(bad) => Err(format!(
            "`{}` cannot stand in a tool name; use letters, digits and `_ - .`",
            bad.escape_default()
        )),
        None => Ok(()),
    }
}

/// **Unit**: bytes of the name of one MCP tool.
const TOOL_NAME_BYTES_MAX: usize = 128;

fn check_tool_glob(text: &str) -> Result<(), String> {
    one_star(text)?;
    match text.split_once('*') {
        None => check_tool_name(text),
        Some(parts) => {
            [parts.0, parts.1].into_iter().filter(|part| !part.is_empty()).try_for_each(check_tool_name)
        }
    }
}

fn check_claim_glob(text: &str) -> Result<(), String> {
    one_star(text)?;
    if text.is_empty() || text.len() > CLAIM_BYTES_MAX {
        return Err(format!("it must have 1 to {CLAIM_BYTES_MAX} bytes"));
    }
    if text.chars().any(char::is_control) || text.trim() != text {
        return Err("control characters and spaces at the ends cannot stand in it".to_owned());
    }
    Ok(())
}

/// **Unit**: bytes of one value of a claim.
const CLAIM_BYTES_MAX: usize = 256;

fn check_team_glob(text: &str) -> Result<(), String> {
    if text == "*" { Ok(()) } else { check_name(text) }
}

fn check_relative_path(text: &str) -> Result<(), String> {
    let part = |part: &str| !part.is_empty() && part != "." && part != ".." && !part.contains(['\\', '\0']);
    if text.len() <= 255 && text.split('/').all(part) {
        return Ok(());
    }
    Err("write a relative path without `.` and `..`, such as filters/redact.so".to_owned())
}

fn one_star(text: &str) -> Result<(), String> {
    if text.matches('*').count() > 1 {
        return Err("a pattern holds at most one `*`".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_hold_one_star() {
        let tool = |text: &str| ToolGlob::parse(text).is_ok();
        assert_eq!(["a", "*", "get_*", "*_x", "a*b"].map(tool), [true; 5]);
        assert_eq!(["", "**", "a*b*", "ä", "a b"].map(tool), [false; 5]);
        let claim = |text: &str| ClaimGlob::parse(text).is_ok();
        assert_eq!(["Platform Admins", "grp-*"].map(claim), [true; 2]);
        assert_eq!(["", " x", "a*b*", "a\nb"].map(claim), [false; 4]);
        let word = |text: &str| IssuerWord::parse(text).is_ok();
        assert_eq!(["arn:aws:iam::1:role/a+b=c,d", "https://a.b/.default"].map(word), [true; 2]);
        assert_eq!(["", "a b", "a\"b", "a?b"].map(word), [false; 4]);
        let version = |text: &str| AzureVersion::parse(text).is_ok();
        assert_eq!(["2024-10-21", "2024-10-01-preview", "2025-04-01-preview"].map(version), [true; 3]);
        assert_eq!(
            ["2024-06-01", "2024-09-01-preview", "preview", "v1", "2024-13-01", "2024-10-21-x"].map(version),
            [false; 6]
        );
        let path = |text: &str| RelativePath::parse(text).is_ok();
        assert_eq!(["a.so", "a/b.so"].map(path), [true; 2]);
        assert_eq!(["", "/a", "../a", "a//b", "a/./b"].map(path), [false; 5]);
    }
}
