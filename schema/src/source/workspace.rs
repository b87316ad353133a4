//! `workspace`: the file `pointsman.yaml` or `pointsman.kdl` at the root, which makes a folder a workspace.

use super::chain::Retry;
use super::signer::Signer;
use super::upstream::Timeouts;
use crate::read::record::record;
use crate::read::scalar::{AttributeValue, DurationMs, HeaderName, Whole};
use crate::tree::{Span, Spanned};

record! {
    /// The workspace file: the language version and the request attributes that rules may read.
    object "workspace"
    pub struct Workspace {
        /// The version of the policy language: 1.
        required version: Whole<1, 1> = "pointsman",
        /// Request attributes that rules may read and that traffic records hold, by name. At most 16.
        named attributes: Attribute = "attributes" | "attribute",
        /// What holds where a provider or a rule says nothing.
        optional defaults: Defaults = "defaults",
        /// What no request may exceed, whatever a team writes.
        optional limits: WorkspaceLimits = "limits",
        /// How a new snapshot reaches the gateways; by default all at once.
        optional rollout: Rollout = "rollout",
        /// Whose signed commits are published, by name; without one, any commit is.
        named signers: Signer = "signers" | "signer",
    }
}

impl Workspace {
    /// The workspace that declares nothing.
    pub fn empty() -> Self {
        Self {
            version: Spanned::new(Whole(1), Span::default()),
            attributes: Vec::new(),
            defaults: None,
            limits: None,
            rollout: None,
            signers: Vec::new(),
        }
    }
}

record! {
    /// A request attribute. Exactly one of `header` and `metadata` says where it is found. A missing or undeclared
    /// value is `none`.
    object "attribute"
    pub struct Attribute {
        /// The HTTP header that holds it, in lower case.
        optional header: HeaderName = "header",
        /// The member of the request body's `metadata` object that holds it.
        optional metadata: AttributeValue = "metadata",
        /// The values that rules may name. At most 256.
        list values: AttributeValue = "values",
    }
}

record! {
    /// What holds where a provider or a rule says nothing.
    object "defaults"
    pub struct Defaults {
        /// Timeouts of providers that do not give their own; each one by itself.
        optional timeouts: Timeouts = "timeouts",
        /// Extra tries of rules without a `retry`.
        optional retry: Retry = "retry",
    }
}

record! {
    /// What no request may exceed, whatever a team writes.
    object "workspace-limits"
    pub struct WorkspaceLimits {
        /// Upstream attempts that one request can cause. Default 8.
        optional attempts: Whole<1, 8> = "attempts",
    }
}

record! {
    /// How a new snapshot reaches the gateways: to a growing share of them, with a pause after each step.
    object "rollout"
    pub struct Rollout {
        /// The share of gateways after each step, in percent, ascending; the last is 100.
        list steps: Whole<1, 100> = "steps",
        /// How long each step must go well before the next.
        required pause: DurationMs = "pause",
    }
}
