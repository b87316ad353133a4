//! `role`, `module` and `telemetry`: what the platform alone decides about people, extensions and observation.

use super::upstream::BaseUrl;
use crate::digest::Digest;
use crate::read::pattern::{ClaimGlob, RelativePath, TeamGlob};
use crate::read::record::record;
use crate::read::scalar::{AttributeValue, Whole};
use crate::words::words;

record! {
    /// Who gets which role: people whose token carries a claim. The platform's alone.
    object "role"
    pub struct Role {
        /// The claim of the OIDC token that is looked at, such as `groups`.
        required claim: AttributeValue = "claim",
        /// Values of the claim that give the role; each may hold one `*`.
        list values: ClaimGlob = "values",
        /// The role that they give.
        required grant: Grant = "grant",
        /// For which teams: names, or `*` for every team. Only for roles in teams.
        list teams: TeamGlob = "teams",
    }
}

words! {
    /// What a person may do.
    pub enum Grant {
        /// Everything, for every team.
        PlatformAdmin = 0 "platform-admin",
        /// See everything but secrets, change nothing.
        Auditor = 1 "auditor",
        /// Change everything of a team.
        TeamAdmin = 2 "team-admin",
        /// Issue keys and author policies of a team.
        Developer = 3 "developer",
        /// See what a team has.
        Viewer = 4 "viewer",
    }
}

record! {
    /// An extension that runs in the filter chain. The platform's alone.
    object "module"
    pub struct Module {
        /// The shared library, relative to the gateway's folder of modules.
        required file: RelativePath = "file",
        /// SHA-256 of that file; no other is loaded.
        required digest: Digest = "digest",
        /// Where it is called.
        list hooks: Hook = "hooks",
        /// Its place among modules of the same hook: lower ones are called first. Modules of one hook have different
        /// places.
        optional order: Whole<0, 1000> = "order",
    }
}

words! {
    /// Where a module is called.
    pub enum Hook {
        /// Once the request is read and before it is routed.
        AfterRead = 0 "after-read",
        /// For each event of an answer.
        ResponseEvent = 1 "response-event",
        /// Before the decision record is written.
        BeforeRecord = 2 "before-record",
    }
}

record! {
    /// Where metrics, traces and logs are exported to, over OTLP. The platform's alone.
    object "telemetry"
    pub struct Telemetry {
        /// The collector's base URL; the signal's path is appended (OTLP/HTTP).
        required endpoint: BaseUrl = "endpoint",
        /// What is exported; by default all three.
        list signals: Signal = "signals",
        /// Traces kept of 100; by default all. Errors are always kept.
        optional sample_percent: Whole<0, 100> = "sample-percent",
        /// Declared request attributes that are exported with each record.
        list attributes: AttributeValue = "attributes",
    }
}

words! {
    /// One kind of telemetry.
    pub enum Signal {
        /// Metrics.
        Metrics = 0 "metrics",
        /// Traces.
        Traces = 1 "traces",
        /// Logs: one decision record a request.
        Logs = 2 "logs",
    }
}
