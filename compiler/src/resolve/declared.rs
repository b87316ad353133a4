//! The references of budgets, MCP servers and profiles, roles and telemetry.
//!
//! Read next: [`super::site`].

use pointsman_schema::source::budget::OnExceed;
use pointsman_schema::source::{Budget, McpProfile, McpServer, Role, Telemetry};

use super::site::{Kind, Site};
use super::{Visit, holder, references};
use crate::policy::{Declared, Policy, chain_of_target};
use crate::rules::{undeclared_attribute, unknown_team, unknown_time_zone};

/// Visits every reference of these kinds.
pub(super) fn check(visit: &mut Visit<'_, '_, '_>) {
    let Policy { budgets, mcp_servers, mcp_profiles, roles, telemetry, .. } = &visit.index.policy;
    Policy::bodies(budgets).for_each(|(declared, body)| budget(declared, body, visit));
    Policy::bodies(mcp_servers).for_each(|(declared, body)| server(declared, body, visit));
    Policy::bodies(mcp_profiles).for_each(|(declared, body)| profile(declared, body, visit));
    Policy::bodies(roles).for_each(|(declared, body)| role(declared, body, visit));
    Policy::bodies(telemetry).for_each(|(declared, body)| export(declared, body, visit));
}

fn budget(declared: &Declared<'_, Budget>, body: &Budget, visit: &mut Visit<'_, '_, '_>) {
    let holder = holder(declared, "budget");
    if let Some(zone) = &body.zone {
        unknown_time_zone::check(&holder, visit.index.syntax(holder.file), zone, visit.sink);
    }
    references(&holder, "`parent`", &body.parent, Kind::Budget, visit);
    if let Some(on_exceed) = &body.on_exceed
        && let OnExceed::Chain(target) = &on_exceed.value
        && let Some(chain) = chain_of_target(target.as_str())
    {
        Site::new(&holder, "`on-exceed`", chain, on_exceed.span).check(Kind::ChainTarget, visit);
    }
}

fn server(declared: &Declared<'_, McpServer>, body: &McpServer, visit: &mut Visit<'_, '_, '_>) {
    let holder = holder(declared, "MCP server");
    references(&holder, "credential", &body.credential, Kind::Credential, visit);
}

fn profile(declared: &Declared<'_, McpProfile>, body: &McpProfile, visit: &mut Visit<'_, '_, '_>) {
    let holder = holder(declared, "MCP profile");
    let names = body.servers.iter().map(|server| &server.value.name);
    references(&holder, "`servers`", names, Kind::McpServer, visit);
}

fn role(declared: &Declared<'_, Role>, body: &Role, visit: &mut Visit<'_, '_, '_>) {
    let holder = holder(declared, "role");
    for team in body.teams.iter().filter(|team| team.value.as_str() != "*") {
        unknown_team::check(
            visit.index,
            &Site::new(&holder, "`teams`", team.value.as_str(), team.span),
            visit.sink,
        );
    }
}

fn export(declared: &Declared<'_, Telemetry>, body: &Telemetry, visit: &mut Visit<'_, '_, '_>) {
    let holder = holder(declared, "telemetry");
    for attribute in &body.attributes {
        visit.attribute(attribute.value.as_str());
        undeclared_attribute::check_name(
            visit.index,
            &holder,
            (attribute.value.as_str(), attribute.span),
            "",
            visit.sink,
        );
    }
}
