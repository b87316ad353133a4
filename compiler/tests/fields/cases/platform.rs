//! Roles, modules, telemetry.

use super::{Case, case};

pub(super) const CASES: &[Case] = &[
    case(
        "roles",
        "roles",
        "roles:\n",
        "roles:\n  auditors: { claim: groups, values: [auditors], grant: auditor }\n",
    ),
    case("roles.claim", "roles", "claim: hd", "claim: domain"),
    case("roles.values", "roles", "[audit, \"audit-*\"]", "[audit]"),
    case("roles.grant", "roles", "grant: developer", "grant: viewer"),
    case("roles.teams", "roles", "[search, support]", "[support]"),
    case("modules", "modules", "  tenant-log:\n", "  tenant-record:\n"),
    case("modules.file", "modules", "tenant_log.so", "tenant_log_2.so"),
    case("modules.digest", "modules", "sha256:b8a5", "sha256:c8a5"),
    case("modules.hooks", "modules", "[after-read, response-event]", "[after-read]"),
    case("modules.order", "modules", "order: 10", "order: 11"),
    case("telemetry", "telemetry", "  operations: {", "  platform: {"),
    case("telemetry.endpoint", "telemetry", "otel.example.com", "telemetry.example.com"),
    case("telemetry.signals", "telemetry", "[traces, logs]", "[traces]"),
    case("telemetry.sample-percent", "telemetry", "sample-percent: 10", "sample-percent: 20"),
    case("telemetry.attributes", "telemetry", "    attributes: [tier]\n", ""),
];
