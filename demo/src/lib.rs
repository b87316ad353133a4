//! The first ten minutes: a policy repository, an upstream that plays every provider, and the real gateway, on one
//! machine without an account or a network.
//!
//! Not a mock of Pointsman: compiler, publication and gateway are the ones that users run. Only the upstream is ours.
//!
//! Read next: [`session`] for how the pieces start, [`upstream`] for what stands in for the providers.

pub mod example;
pub mod folder;
pub mod hosting;
pub mod session;
pub mod upstream;
