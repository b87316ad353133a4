//! The compiler: policy files in, findings and a snapshot out.
//!
//! Deliberately without network, environment, secrets and clock. The invariant: the same tree of files gives the same
//! findings and the same bytes on every machine.
//!
//! Read next: [`parse`] for what is read, [`diagnostic`] for what is found.

pub mod alike;
pub mod analysis;
pub mod budgets;
pub mod catalogue;
pub mod check;
pub mod compile;
mod day;
pub mod diagnostic;
pub mod edit;
pub mod encoding;
pub mod file;
pub mod fingerprint;
pub mod fix;
pub mod homoglyph;
pub mod index;
pub mod invisible;
pub mod kdl;
pub mod lower;
pub mod model;
pub mod overshoot;
pub mod parse;
pub mod policy;
pub mod reach;
pub mod render;
pub mod resolve;
pub mod roles;
pub mod rule;
pub mod rules;
pub mod secret;
mod services;
mod shares;
pub mod shown;
pub mod similar;
pub mod source_map;
pub mod suppression;
pub mod tree_source;
pub mod unused;
pub mod yaml;
