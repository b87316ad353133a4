//! The pure decision: which backend serves a request, what is tried after a failure, and why.
//!
//! Knows no clock, no dice, no I/O, no floats and no hash-map order: time and randomness are arguments, so that the
//! compiler, the simulator and the gateway decide alike. Total: every request ends in an attempt or in a named
//! [`Refusal`], with the reasons kept in the [`Decision`] itself. Nothing here allocates.
//!
//! ```text
//! Facts + View --expansion--> candidates --admission--> Decision --World--> Attempt | Wait | Refuse | Done
//!                 (matching, split)                         ^                        |
//!                                                           +------- Report <--------+
//! ```
//!
//! Read next: [`decision`] for the state machine, [`matching`] for rules, [`split`] for draws, [`outcome`] for what
//! follows from each way an attempt can end.

mod admission;
pub mod decision;
mod expansion;
pub mod explain;
pub mod facts;
mod fixed;
pub mod golden;
pub mod matching;
pub mod models;
pub mod outcome;
pub mod refusal;
pub mod split;
pub mod world;

pub use decision::{Attempt, Decision, Report, Step};
pub use explain::{Candidate, Passage, PassedOver, State};
pub use facts::Facts;
pub use models::accepted_models;
pub use refusal::{Refusal, Shortage};
pub use world::{Calm, Verdict, World};
