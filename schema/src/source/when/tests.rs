//! Conditions by their meaning, their faults by their places, and hostile text.

use super::*;
use crate::read::Problem;
use crate::tree::{Scalar, ScalarKind, Syntax, Value};

/// Reads a condition as if it stood in quotes after ten bytes.
fn read(text: &str) -> (Option<When>, Vec<Problem>) {
    let span = Span::new(10, 10 + text.len() + 2);
    let value = Value::Scalar(Scalar { text: text.to_owned(), kind: ScalarKind::Text });
    let node = Node { span, value, label: None };
    let mut problems = Vec::new();
    let when = When::read(&node, &mut Reader::new(Syntax::Yaml, &mut problems));
    (when, problems)
}

/// The condition with its places left out.
fn meaning(text: &str) -> String {
    let (when, problems) = read(text);
    assert_eq!(problems, [], "{text}");
    plain(&when.unwrap().0)
}

fn plain(predicate: &Predicate) -> String {
    let parts = |parts: &[crate::tree::Spanned<Predicate>]| {
        parts.iter().map(|part| plain(&part.value)).collect::<Vec<_>>().join(" ")
    };
    let list = |values: Vec<String>| values.join("|");
    match predicate {
        Predicate::All(all) => format!("all({})", parts(all)),
        Predicate::Any(any) => format!("any({})", parts(any)),
        Predicate::Not(part) => format!("not({})", plain(&part.value)),
        Predicate::Model(globs) => {
            format!("model {:?}", globs.0.iter().map(|g| &g.value).collect::<Vec<_>>())
        }
        Predicate::Attribute(name, values) => format!(
            "{}={}",
            name.value,
            list(values.0.iter().map(|value| value.value.as_str().to_owned()).collect())
        ),
        Predicate::Capability(asked) => list(asked.0.iter().map(|asked| asked.value.to_string()).collect()),
        Predicate::InputTokens(range) => format!(
            "{}..{}",
            range.min.as_ref().map_or(String::new(), |min| min.value.0.to_string()),
            range.max.as_ref().map_or(String::new(), |max| max.value.0.to_string())
        ),
        Predicate::Team(teams) => {
            format!("team {}", list(teams.0.iter().map(|team| team.value.as_str().to_owned()).collect()))
        }
        Predicate::Consumer(names) => {
            format!("consumer {}", list(names.0.iter().map(|name| name.value.as_str().to_owned()).collect()))
        }
        Predicate::Tag(tags) => {
            format!("tag {}", list(tags.0.iter().map(|tag| tag.value.as_str().to_owned()).collect()))
        }
        Predicate::Protocol(protocols) => {
            list(protocols.0.iter().map(|protocol| protocol.value.to_string()).collect())
        }
        Predicate::Time(window) => format!(
            "time {}-{} {} {}",
            window.from.value.0,
            window.to.value.0,
            list(window.days.iter().map(|day| day.value.to_string()).collect()),
            window.zone.value
        ),
    }
}

#[test]
fn operators_mean_what_they_mean_in_cel() {
    let check = |text: &str, expected: &str| assert_eq!(meaning(text), expected, "{text}");
    check("attribute.tier == \"gold\"", "tier=gold");
    check("'gold' == attribute[\"tier\"]", "tier=gold");
    check("attribute.tier != \"gold\"", "not(tier=gold)");
    check("attribute.tier in [\"gold\", 'free']", "tier=gold|free");
    check("input_tokens > 8000", "8001..");
    check("8000 < input_tokens", "8001..");
    check("input_tokens <= 0x10", "..16");
    check("input_tokens < 1u", "..0");
    check("input_tokens < 0", "any()");
    check("input_tokens == 5", "5..5");
    check("input_tokens != 5", "not(5..5)");
    check("\"tools\" in capabilities", "tools");
    check("!(\"batch\" in tags)", "not(tag batch)");
    check("team == 'support' || consumer == 'support/web'", "any(team support consumer support/web)");
    check("protocol == 'openai'", "openai");
    check("model.startsWith('gpt-')", "model [Around(\"gpt-\", \"\")]");
    check("model.endsWith(\"-mini\")", "model [Around(\"\", \"-mini\")]");
    check("time.within([\"sat\", \"sun\"], \"08:00\", \"24:00\", \"UTC\")", "time 480-1440 sat|sun UTC");
    check("time.within(\"22:00\", \"06:00\", \"UTC\")", "time 1320-360  UTC");
    // && binds more tightly than ||, ! more tightly than both, and runs of one operator are one list.
    check("true || false && !true", "any(all() all(any() not(all())))");
    check("true && true && false", "all(all() all() any())");
    check("(true || false) && true", "all(any(all() any()) all())");
    check("true ? false : true", "any(all(all() any()) all(not(all()) all()))");
    check("true // a comment\n && true", "all(all() all())");
}

#[test]
fn strings_are_those_of_cel() {
    let check = |text: &str, expected: &str| {
        assert_eq!(meaning(&format!("attribute.a == {text}")), format!("a={expected}"), "{text}");
    };
    check(r#""a\"b""#, "a\"b");
    check(r"'\x41\u0042\103'", "ABC");
    check(r"r'\x41'", r"\x41");
    check("\"\"\"it's \"so\"!\"\"\"", "it's \"so\"!");
    check("'''x'''", "x");
}

#[test]
fn faults_stand_where_they_are() {
    let check = |text: &str, wrong: &str| {
        let (when, problems) = read(text);
        assert!(when.is_none(), "{text}");
        let [problem] = problems.as_slice() else { panic!("{text}: {problems:?}") };
        // The text begins after ten bytes and a quote.
        let found = text.get(problem.span.range().start - 11..problem.span.range().end - 11);
        assert_eq!(found, Some(wrong), "{text}: {problem:?}");
    };
    check("attribute.tier = \"gold\"", "=");
    check("attribute.tier == gold", "gold");
    check("size(model) > 3", "size(model)");
    check("input_tokens + 1 > 8000", "input_tokens + 1");
    check("input_tokens > \"8\"", "\"8\"");
    check("\"tols\" in capabilities", "\"tols\"");
    check("attribute.tier", "attribute.tier");
    check("model == team", "model == team");
    check("tier == \"gold\"", "tier");
    check("true &&", "");
    check("(true", "");
    check("true true", "true");
    check("\"open", "\"");
    check("'a\\qb' == team", "\\q");
    check("input_tokens > 99999999999", "99999999999");
    check("1.5 < input_tokens", "1");
    check("has(attribute.tier)", "has(attribute.tier)");
    check("{}", "{");
    check("team in []", "[]");
}

/// A choice asks its condition for both of its sides, and so do those in that condition.
#[test]
fn choices_in_choices_do_not_multiply() {
    // With 29 levels it would come to more than any memory holds.
    for levels in [1, 2, 4, 8, 9, 14] {
        let text = format!("{}true{}", "(".repeat(levels), " ? true : false)".repeat(levels));
        let (when, problems) = read(&text);
        assert_eq!(usize::from(when.is_none()), problems.len(), "{levels}: {problems:?}");
        assert_eq!(when.is_some(), levels <= 4, "{levels}");
        assert!(when.is_none_or(|when| when.0.size() <= text.len() + COPIED_MAX), "{levels}");
    }
    // One after the other they are as long as they are written.
    let many = "\"tools\" in capabilities ? true : ".repeat(20) + "false";
    assert!(read(&many).0.is_some());
}

/// Ends soon, with one fault or none, whatever it is given.
#[test]
fn hostile_text_ends() {
    for piece in
        ["(", "!", "-", "a.", "true && ", "[", "a[", "true ? ", "\"", "a(", "in ", "0", "\\", "{", "é"]
    {
        let (when, problems) = read(&piece.repeat(100_000));
        assert!(when.is_none() && problems.len() == 1, "{piece}: {problems:?}");
    }
}
