//! The data plane: maps published snapshots and routes every request by the one in force.
//!
//! Never parses policy text, never links the compiler or Git, never serves one request from two snapshots, never
//! panics on input. The path of a request reads no file, asks no database and waits for no lock that another thread holds
//! while it works.
//!
//! ```text
//! follow --verified--> slot --pinned--> listen -> pipeline -> upstream
//! ```
//!
//! Read next: [`mod@run`] for how a process starts and ends, [`threads`] for who runs where, [`follow`] for how a snapshot
//! comes into force.

pub mod admin;
mod bell;
pub mod breaker;
pub mod capacity;
pub mod conversation;
pub mod dialect;
pub mod drain;
pub mod error;
pub mod follow;
pub mod form;
pub mod headers;
pub mod json;
pub mod limiting;
pub mod limits;
pub mod listen;
pub mod metering;
pub mod metrics;
pub mod open_files;
pub mod operation;
pub mod options;
pub mod pipeline;
pub mod provider;
pub mod regular_file;
pub mod request_id;
pub mod room;
pub mod run;
pub mod secrets;
pub mod serving;
pub mod shared;
pub mod slot;
pub mod sse;
pub mod state;
pub mod threads;
pub mod token;
pub mod translate;
pub mod upstream;

pub use options::Options;
pub use run::{Gateway, RunError, run};
