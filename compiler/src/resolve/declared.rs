//! The references of budgets, MCP servers and profiles, roles and telemetry.
//!
//! Read next: [`super::site`].

use pointsman_schema::source::budget::OnExceed;
use pointsman_schema::source::{Budget, McpProfile, McpServer, Role, Telemetry};

use super::site::{Kind, Site};
use super::{holder, references};
use crate::diagnostic::Diagnostics;
use crate::index::Index;
use crate::policy::{Declared, Policy, chain_of_target};
use crate::rules::{undeclared_attribute, unknown_team};

/// Visits every reference of these kinds.
pub(super) fn check(index: &Index<'_>, sink: &mut Diagnostics) {
    let Policy { budgets, mcp_servers, mcp_profiles, roles, telemetry, .. } = &index.policy;
    Policy::bodies(budgets).for_each(|(declared, body)| budget(index, declared, body, sink));
    Policy::bodies(mcp_servers).for_each(|(declared, body)| server(index, declared, body, sink));
    Policy::bodies(mcp_profiles).for_each(|(declared, body)| profile(index, declared, body, sink));
    Policy::bodies(roles).for_each(|(declared, body)| role(index, declared, body, sink));
    Policy::bodies(telemetry).for_each(|(declared, body)| export(index, declared, body, sink));
}

fn budget(index: &Index<'_>, declared: &Declared<'_, Budget>, body: &Budget, sink: &mut Diagnostics) {
    let holder = holder(declared, "budget");
    references(&holder, "`parent`", &body.parent, Kind::Budget, (index, sink));
    if let Some(on_exceed) = &body.on_exceed
        && let OnExceed::Chain(target) = &on_exceed.value
        && let Some(chain) = chain_of_target(target.as_str())
    {
        Site::new(&holder, "`on-exceed`", chain, on_exceed.span).check(Kind::ChainTarget, index, sink);
    }
}

fn server(index: &Index<'_>, declared: &Declared<'_, McpServer>, body: &McpServer, sink: &mut Diagnostics) {
    let holder = holder(declared, "MCP server");
    references(&holder, "credential", &body.credential, Kind::Credential, (index, sink));
}

fn profile(
    index: &Index<'_>,
    declared: &Declared<'_, McpProfile>,
    body: &McpProfile,
    sink: &mut Diagnostics,
) {
    let holder = holder(declared, "MCP profile");
    let names = body.servers.iter().map(|server| &server.value.name);
    references(&holder, "`servers`", names, Kind::McpServer, (index, sink));
}

fn role(index: &Index<'_>, declared: &Declared<'_, Role>, body: &Role, sink: &mut Diagnostics) {
    let holder = holder(declared, "role");
    for team in body.teams.iter().filter(|team| team.value.as_str() != "*") {
        unknown_team::check(index, &Site::new(&holder, "`teams`", team.value.as_str(), team.span), sink);
    }
}

fn export(index: &Index<'_>, declared: &Declared<'_, Telemetry>, body: &Telemetry, sink: &mut Diagnostics) {
    let holder = holder(declared, "telemetry");
    for attribute in &body.attributes {
        undeclared_attribute::check_name(index, &holder, (attribute.value.as_str(), attribute.span), sink);
    }
}
