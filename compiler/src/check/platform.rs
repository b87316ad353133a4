//! The rules about kinds that no request passes through: MCP servers, modules, rollouts.
//!
//! Deliberately only calls. The invariant: each pass is linear in the policy.
//!
//! Read next: [`crate::rules`].

use crate::diagnostic::Diagnostics;
use crate::index::Index;
use crate::policy::Policy;
use crate::rules::{mcp_transport, module_place, rollout_steps};

/// Judges each of them.
pub(super) fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    for (declared, body) in Policy::bodies(&index.policy.mcp_servers) {
        mcp_transport::check(index, declared, body, sink);
    }
    module_place::check(index, sink);
    rollout_steps::check(index, sink);
}
