//! The rules, object by object.
//!
//! Deliberately only calls: which rule judges which object. The invariant: work grows as the policy does, but
//! for factors that have a limit, and where the work on something ends before its answer a finding says so.
//!
//! Read next: [`crate::rules`].

use std::sync::LazyLock;

use super::Options;
use super::decisions::{self, Chains};
use super::side_by_side::{self, Part};
use crate::budgets::Family;
use crate::diagnostic::Diagnostics;
use crate::index::Index;
use crate::policy::Policy;
use crate::reach::Graph;
use crate::reach::attempts::{Weight, worst};
use crate::reach::beginnings::Beginnings;
use crate::reach::credentials::Reached;
use crate::reach::models::Accepted;
use crate::resolve;
use crate::rules::{
    api_version_without_azure, attribute_source, backend_without_credential, bad_name,
    base_url_without_version, budget_amount, budget_cycle, budget_exceeds_parent, budget_without_effect,
    case_only_difference, chain_too_deep, claim_never_matches, conflicting_roles, confusable_name,
    credential_for_another_owner, credential_for_another_provider, credential_of_another_team,
    credential_target, duplicate_digest, duplicate_name, duplicate_rule_name, duplicate_target, empty_chain,
    env_in_team, expired_key, export_without_effect, fallback_cycle, file_outside_team, forbidden_header,
    insecure_team_provider, key_expires_soon, key_without_limit, limit_rate, limit_window,
    lossy_without_effect, match_and_when, mcp_tool_collision, mcp_wildcard_grant, model_not_in_chain,
    no_digest, no_target, platform_only, preset_with_protocol, region_unknown, rename_without_effect,
    reserved_value, retry_without_effect, role_by_address, role_for_everyone, role_teams,
    role_without_effect, rotation_overdue, split_without_fallback, sticky_without_split,
    timeouts_exceed_total, token_request, too_many, too_many_attempts, unknown_model, vertex_without_project,
    zero_weights,
};
use crate::similar::Patience;
use crate::unused;

/// Every rule that needs more than one file, or is about one whole object.
///
/// In parts that share nothing but the index and what follows from it, side by side where threads can be had: on a large
/// policy the longest part takes less than half of the time.
pub(super) fn check(index: &Index<'_>, options: Options, sink: &mut Diagnostics) {
    let graph = LazyLock::new(|| Graph::of(index));
    let beginnings = LazyLock::new(|| Beginnings::of(&index.policy, &graph));
    let accepted = LazyLock::new(|| Accepted::of(index, (&graph, &beginnings)));
    let chains = LazyLock::new(|| Chains::of(index, (&graph, &beginnings), &accepted));
    // Names alone spend the patience for suggestions, so their part is one.
    let parts: &[Part<'_>] = &[
        &|sink| names_and_objects(index, sink),
        &|sink| decisions::check(&chains, &graph, sink),
        &|sink| decisions::takers_over(&chains, &graph, sink),
        &|sink| keys(index, (&graph, &beginnings), (options, &accepted), sink),
        &|sink| ways(index, &graph, sink),
        &|sink| super::money::check(index, (&graph, &beginnings), options, sink),
        &|sink| duplicate_digest::check(index, sink),
    ];
    side_by_side::run(parts, sink);
}

fn names_and_objects(index: &Index<'_>, sink: &mut Diagnostics) {
    platform_only::check(index, sink);
    file_outside_team::check(index, sink);
    bad_name::check_teams(index, sink);
    bad_name::check_paths(index, sink);
    duplicate_name::check(index, sink);
    confusable_name::check(index, sink);
    case_only_difference::check(index, sink);
    workspace(index, sink);
    let uses = resolve::check(index, sink);
    unused::check(index, &uses, sink);
    export_without_effect::check(index, sink);
    upstreams(index, sink);
    chains(index, sink);
    for (declared, body) in Policy::bodies(&index.policy.mcp_profiles) {
        mcp_tool_collision::check(index, declared, body, sink);
        mcp_wildcard_grant::check(index, declared, body, sink);
        rename_without_effect::check(index, declared, body, sink);
    }
    money(index, sink);
    roles(index, sink);
}

fn workspace(index: &Index<'_>, sink: &mut Diagnostics) {
    attribute_source::check(index, sink);
    timeouts_exceed_total::check_defaults(index, sink);
    forbidden_header::check(index, sink);
    reserved_value::check(index, sink);
    too_many::check_workspace(index, sink);
}

fn upstreams(index: &Index<'_>, sink: &mut Diagnostics) {
    let Policy { providers, credentials, models, backends, .. } = &index.policy;
    for (declared, body) in Policy::bodies(providers) {
        api_version_without_azure::check(index, declared, body, sink);
        base_url_without_version::check(index, declared, body, sink);
        preset_with_protocol::check(index, declared, body, sink);
        region_unknown::check(index, declared, body, sink);
        insecure_team_provider::check(declared, body, sink);
        vertex_without_project::check(index, declared, body, sink);
        timeouts_exceed_total::check_provider(index, declared, body, sink);
    }
    for (declared, body) in Policy::bodies(credentials) {
        credential_target::check(index, declared, body, sink);
        credential_for_another_owner::check(index, declared, body, sink);
        token_request::check(index, declared, body, sink);
        env_in_team::check(declared, body, sink);
        insecure_team_provider::check_credential(declared, body, sink);
    }
    for (declared, body) in Policy::bodies(models) {
        unknown_model::check_catalogue(index, declared, body, sink);
    }
    for (declared, body) in Policy::bodies(backends) {
        credential_for_another_provider::check(index, declared, body, sink);
        backend_without_credential::check(index, declared, body, sink);
    }
    for (declared, body) in Policy::bodies(&index.policy.mcp_servers) {
        insecure_team_provider::check_server(declared, body, sink);
        credential_for_another_provider::check_server(index, declared, body, sink);
    }
    for (declared, body) in Policy::bodies(&index.policy.budgets) {
        insecure_team_provider::check_budget(declared, body, sink);
    }
}

fn chains(index: &Index<'_>, sink: &mut Diagnostics) {
    for (declared, body) in Policy::bodies(&index.policy.chains) {
        empty_chain::check(index, declared, body, sink);
        match_and_when::check(declared, body, sink);
        no_target::check(index, declared, body, sink);
        zero_weights::check(index, declared, body, sink);
        duplicate_rule_name::check(declared, body, sink);
        sticky_without_split::check(index, declared, body, sink);
        lossy_without_effect::check(index, declared, body, sink);
        retry_without_effect::check(index, declared, body, sink);
        too_many::check_chain(declared, body, sink);
    }
    split_without_fallback::check(index, sink);
}

fn money(index: &Index<'_>, sink: &mut Diagnostics) {
    for (declared, body) in Policy::bodies(&index.policy.budgets) {
        budget_amount::check(index, declared, body, sink);
        budget_without_effect::check(index, declared, body, sink);
    }
    let family = Family::of(index);
    budget_cycle::check(&family, sink);
    too_many::check_budgets(index, &family, sink);
    budget_exceeds_parent::check(index, &family, sink);
    for (declared, body) in Policy::bodies(&index.policy.limits) {
        limit_rate::check(index, declared, body, sink);
        limit_window::check(index, declared, body, sink);
    }
    for (declared, body) in Policy::bodies(&index.policy.consumers) {
        too_many::check_consumer(declared, body, sink);
    }
    key_without_limit::check(index, sink);
}

fn roles(index: &Index<'_>, sink: &mut Diagnostics) {
    for (declared, body) in Policy::bodies(&index.policy.roles) {
        role_teams::check(index, declared, body, sink);
    }
    role_without_effect::check(index, sink);
    role_for_everyone::check(index, sink);
    role_by_address::check(index, sink);
    conflicting_roles::check(index, sink);
    claim_never_matches::check(index, sink);
}

fn ways(index: &Index<'_>, graph: &Graph<'_>, sink: &mut Diagnostics) {
    let worst = worst(&index.policy, graph, Weight::Attempts);
    fallback_cycle::check(graph, sink);
    duplicate_target::check(graph, sink);
    chain_too_deep::check(graph, &worst, sink);
    chain_too_deep::check_all_ways(graph, sink);
    too_many_attempts::check(&index.policy, graph, &worst, sink);
    timeouts_exceed_total::check_rules(index, graph, sink);
}

fn keys<'w>(
    index: &'w Index<'w>,
    (graph, beginnings): (&Graph<'w>, &Beginnings<'w>),
    (options, accepted): (Options, &Accepted<'w>),
    sink: &mut Diagnostics,
) {
    let reached = Reached::of(index, graph);
    // Parts stand side by side, so this one has a patience of its own.
    let patience = Patience::default();
    let search = credential_of_another_team::Search { index, graph, reached: &reached };
    search.check(beginnings, sink);
    credential_of_another_team::check_profiles(index, sink);
    model_not_in_chain::check_taking_over(index, (graph, beginnings), accepted, sink);
    for (key, body) in Policy::bodies(&index.policy.keys) {
        no_digest::check(index, key, body, sink);
        too_many::check_key(key, body, sink);
        if let Some(as_of) = options.as_of {
            expired_key::check(as_of, key, body, sink);
            key_expires_soon::check(as_of, key, body, sink);
            rotation_overdue::check(index, as_of, (key, body), sink);
        }
        let Some(at) = beginnings.chain_of(key) else { continue };
        if let Some(node) = graph.chains.get(at) {
            let pair =
                model_not_in_chain::Pair { key, chain: (at, node.declared), accepted, patience: &patience };
            model_not_in_chain::check(index, &pair, &body.models, sink);
        }
    }
}
