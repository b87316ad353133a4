//! From a policy repository to what gateways follow: compile, publish, watch.
//!
//! Never publishes what did not compile and verify. This is the only crate that touches Git and the only one that
//! writes into a published folder. It does not serve requests and knows nothing of HTTP.
//!
//! Read next: [`mod@publish`] for the order of a publication, [`watch`] for following a folder.

pub mod build;
pub mod checkout;
pub mod countersign;
pub mod files;
pub mod new_key;
pub mod publish;
pub mod repository;
pub mod revision;
pub mod signer;
pub mod watch;

pub use publish::{PublishError, Published, publish};
