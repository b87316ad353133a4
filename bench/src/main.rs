//! The benchmarks whose figures stand in `docs/performance.md`.
//!
//! Arguments and dispatch, nothing else. Each benchmark is one run on one machine that prints a Markdown table.
//!
//! Read next: [`gateway`], Pointsman beside nginx, a bare proxy and the upstream alone; [`policy`] and
//! [`check`], a large policy.

mod check;
mod floor;
mod gateway;
mod policy;

use std::{
    io::{self, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["gateway"] => beside_this_one("pointsman").and_then(|binary| gateway::run(&binary)),
        ["gateway", "--pointsman", path] => gateway::run(&PathBuf::from(path)),
        ["translation"] => beside_this_one("pointsman").and_then(|binary| gateway::translation::run(&binary)),
        ["swaps"] => gateway::swaps::run(),
        ["check", large, small] => beside_this_one("pointsman")
            .and_then(|binary| check::run(&binary, Path::new(large), Path::new(small))),
        ["policy", folder] => policy::run(&PathBuf::from(folder)),
        ["floor", listen, upstream, digest] => address(listen)
            .and_then(|listen| Ok((listen, address(upstream)?)))
            .and_then(|(listen, upstream)| floor::run(listen, upstream, digest)),
        _ => {
            complain(USAGE);
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("pointsman-bench: {error}"));
            ExitCode::from(5)
        }
    }
}

/// Another binary in the folder of this one.
fn beside_this_one(name: &str) -> io::Result<PathBuf> {
    Ok(std::env::current_exe()?.with_file_name(name))
}

fn address(text: &str) -> io::Result<SocketAddr> {
    text.parse().map_err(|error| io::Error::other(format!("{text}: {error}")))
}

/// Says something on standard error; where that is closed, nobody is listening.
fn complain(text: &str) {
    drop(writeln!(io::stderr(), "{text}"));
}

const USAGE: &str = "\
usage: pointsman-bench gateway [--pointsman PATH]
       pointsman-bench translation
       pointsman-bench swaps
       pointsman-bench policy FOLDER
       pointsman-bench check LARGE SMALL

  gateway    Pointsman beside nginx, a bare hyper proxy and the upstream alone; prints a Markdown table.
             PATH is the release binary, by default the one beside this program.
  translation  what translating a request costs beside forwarding it: CPU, latency and, where valgrind is, instructions.
  swaps      ten thousand snapshots one after the other, under load.
  policy     compiling the policy in FOLDER, loading its snapshot and deciding on it.
  check      the policy in LARGE again after one of its files was saved, that in SMALL from start to exit, and memory.";
