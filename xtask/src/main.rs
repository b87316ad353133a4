//! `cargo xtask`: what the repository does to itself.
//!
//! Arguments and dispatch, nothing else; each command is a module. Never shipped and never a dependency of a crate that is.
//!
//! Read next: [`tidy`], the checks that no compiler can make.

mod catalogue;
mod compatibility;
mod generate;
mod page;
mod reference;
mod schema;
mod tidy;

use std::{
    io::{self, Write},
    process::ExitCode,
};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["compatibility"] => report(compatibility::PAGE.write()),
        ["compatibility", "--check"] => report(compatibility::PAGE.is_current()),
        ["reference"] => report(reference::PAGE.write()),
        ["reference", "--check"] => report(reference::PAGE.is_current()),
        ["tidy"] => report(tidy::run()),
        ["schema"] => report(schema::write()),
        ["schema", "--check"] => report(schema::check()),
        ["catalogue", "--check"] => report(catalogue::check()),
        ["catalogue", rest @ ..] => catalogue::run(rest).map_or_else(usage, report),
        ["generate", rest @ ..] => generate::run(rest).map_or_else(usage, report),
        _ => usage(),
    }
}

/// Turns the result of a command into an exit code: 0 clean, 1 findings, 5 could not decide.
fn report(result: io::Result<bool>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            complain(&format!("xtask: {error}"));
            ExitCode::from(5)
        }
    }
}

fn usage() -> ExitCode {
    complain(USAGE);
    ExitCode::from(2)
}

/// Says something on standard error; where that is closed, nobody is listening.
fn complain(text: &str) {
    drop(writeln!(io::stderr(), "{text}"));
}

const USAGE: &str = "\
usage: cargo xtask COMMAND

  catalogue GENAI_PRICES LITELLM DATE
          write the catalogue of models from two unpacked packages, as of a day
  catalogue --check
          say whether the committed catalogue is one that the compiler can search
  compatibility [--check]
          write docs/compatibility.md from the table of features, or say whether it is current
  reference [--check]
          write docs/reference.md from the types of the policy language, or say whether it is current
  tidy    check what no compiler can: crate edges, file sizes, openings, names, rules, dead files, menus and maps
  schema [--check]
          write schema/json from the types, or say whether it is current
  generate --keys N --chains M -o DIR
          write a large policy for measuring";
