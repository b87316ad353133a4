//! The `pointsman` program: arguments and dispatch, nothing else.
//!
//! Data goes to standard output, everything else to standard error. Exit codes are those of [`exit`]. What a command
//! does lives in the crate that it is about.

#[allow(unsafe_code, reason = "an allocator is")]
mod allocator;
mod args;
mod check;
mod demo;
mod exit;
mod explain;
mod files;
mod gateway;
mod inspect;
mod key;
mod output;
mod place;
mod route;
mod signer;
mod snapshots;

use std::process::ExitCode;

use clap::Parser as _;

#[global_allocator]
static ALLOCATOR: allocator::Allocator = allocator::Allocator;

fn main() -> ExitCode {
    let arguments = match args::Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return exit::of_usage(&error),
    };
    let code = match arguments.command {
        args::Command::Check(arguments) => check::check(&arguments),
        args::Command::Compile(arguments) => check::compile(&arguments),
        args::Command::Explain(arguments) => explain::run(&arguments),
        args::Command::Inspect(arguments) => inspect::run(&arguments),
        args::Command::Route(arguments) => route::run(&arguments),
        args::Command::Signer(arguments) => signer::run(&arguments),
        args::Command::Key(arguments) => key::run(&arguments),
        args::Command::Gateway(arguments) => gateway::run(*arguments),
        args::Command::Demo(arguments) => demo::run(&arguments),
    };
    if output::is_lost() && code == exit::Exit::Clean {
        return exit::Exit::Undecided.into();
    }
    code.into()
}
