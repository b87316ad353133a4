//! One file for each kind of finding, named by its slug.
//!
//! Deliberately no passes: a file here has the rule's data, the words of its findings and, where it judges one object,
//! the judgement; what walks over a policy calls it. The invariant, kept by `xtask tidy`: slug, file, page and folder of
//! UI cases have the same name.
//!
//! Read next: [`crate::rule`], [`crate::diagnostic`], [`crate::check`].

pub use crate::rule::Rule;

pub mod analysis_bound;
pub mod api_version_without_azure;
pub mod attribute_source;
pub mod backend_without_credential;
pub mod bad_condition;
pub mod bad_encoding;
pub mod bad_name;
pub mod bad_suppression;
pub mod base_url_without_version;
pub mod budget_amount;
pub mod budget_cycle;
pub mod budget_exceeds_parent;
pub mod budget_without_effect;
pub mod case_only_difference;
pub mod chain_too_deep;
pub mod claim_never_matches;
pub mod conflicting_roles;
pub mod confusable_name;
pub mod credential_for_another_owner;
pub mod credential_for_another_provider;
pub mod credential_of_another_team;
pub mod credential_target;
pub mod deprecated_model;
pub mod duplicate_digest;
pub mod duplicate_field;
pub mod duplicate_name;
pub mod duplicate_rule_name;
pub mod duplicate_target;
pub mod embeddings_beside_answers;
pub mod empty_chain;
pub mod env_in_team;
pub mod expired_key;
pub mod expired_suppression;
pub mod export_without_effect;
pub mod fallback_cycle;
pub mod fallback_lacks_capability;
pub mod file_outside_team;
pub mod file_too_large;
pub mod forbidden_header;
pub mod insecure_team_provider;
pub mod invisible_character;
pub mod kdl_syntax;
pub mod key_expires_soon;
pub mod key_without_limit;
pub mod label_not_carried;
pub mod limit_rate;
pub mod limit_window;
pub mod literal_secret;
pub mod lossy_without_effect;
pub mod malformed_value;
pub mod match_and_when;
pub mod mcp_tool_collision;
pub mod mcp_transport;
pub mod mcp_wildcard_grant;
pub mod missing_field;
pub mod model_not_in_chain;
pub mod module_place;
pub mod no_digest;
pub mod no_target;
pub mod no_workspace;
pub mod not_a_glob;
pub mod on_exceed_costs_more;
pub mod on_exceed_without_effect;
pub mod out_of_range;
pub mod platform_only;
pub mod possible_secret;
pub mod predicate_without_effect;
pub mod preset_with_protocol;
pub mod price_in_another_unit;
pub mod price_never_holds;
pub mod private_name;
pub mod region_unknown;
pub mod rename_without_effect;
pub mod request_falls_through;
pub mod reserved_value;
pub mod retry_without_effect;
pub mod role_by_address;
pub mod role_for_everyone;
pub mod role_teams;
pub mod role_without_effect;
pub mod rollout_steps;
pub mod rotation_overdue;
pub mod shared_failure_domain;
pub mod shared_rate_limit;
pub mod split_without_fallback;
pub mod sticky_without_split;
pub mod suppressed_error;
pub mod symlink_escape;
pub mod timeouts_exceed_total;
pub mod token_request;
pub mod too_deep;
pub mod too_many;
pub mod too_many_attempts;
pub mod too_many_candidates;
pub mod undeclared_attribute;
pub mod unknown_backend;
pub mod unknown_budget;
pub mod unknown_chain;
pub mod unknown_consumer;
pub mod unknown_credential;
pub mod unknown_field;
pub mod unknown_limit;
pub mod unknown_mcp_profile;
pub mod unknown_mcp_server;
pub mod unknown_model;
pub mod unknown_provider;
pub mod unknown_tag;
pub mod unknown_team;
pub mod unknown_time_zone;
pub mod unknown_word;
pub mod unpriced_model;
pub mod unreachable_rule;
pub mod unsearched_file;
pub mod unserved_rule;
pub mod unsupported_kdl;
pub mod unsupported_yaml;
pub mod unused_attribute;
pub mod unused_backend;
pub mod unused_budget;
pub mod unused_chain;
pub mod unused_consumer;
pub mod unused_credential;
pub mod unused_limit;
pub mod unused_mcp_profile;
pub mod unused_mcp_server;
pub mod unused_model;
pub mod unused_provider;
pub mod unused_suppression;
pub mod vertex_without_project;
pub mod wrong_type;
pub mod yaml_bomb;
pub mod yaml_syntax;
pub mod zero_weights;

/// Every rule, in the order of the slugs.
pub const ALL: &[Rule] = &[
    analysis_bound::RULE,
    api_version_without_azure::RULE,
    attribute_source::RULE,
    backend_without_credential::RULE,
    bad_condition::RULE,
    bad_encoding::RULE,
    bad_name::RULE,
    bad_suppression::RULE,
    base_url_without_version::RULE,
    budget_amount::RULE,
    budget_cycle::RULE,
    budget_exceeds_parent::RULE,
    budget_without_effect::RULE,
    case_only_difference::RULE,
    chain_too_deep::RULE,
    claim_never_matches::RULE,
    conflicting_roles::RULE,
    confusable_name::RULE,
    credential_for_another_owner::RULE,
    credential_for_another_provider::RULE,
    credential_of_another_team::RULE,
    credential_target::RULE,
    deprecated_model::RULE,
    duplicate_digest::RULE,
    duplicate_field::RULE,
    duplicate_name::RULE,
    duplicate_rule_name::RULE,
    duplicate_target::RULE,
    embeddings_beside_answers::RULE,
    empty_chain::RULE,
    env_in_team::RULE,
    expired_key::RULE,
    expired_suppression::RULE,
    export_without_effect::RULE,
    fallback_cycle::RULE,
    fallback_lacks_capability::RULE,
    file_outside_team::RULE,
    file_too_large::RULE,
    forbidden_header::RULE,
    insecure_team_provider::RULE,
    invisible_character::RULE,
    kdl_syntax::RULE,
    key_expires_soon::RULE,
    key_without_limit::RULE,
    label_not_carried::RULE,
    limit_rate::RULE,
    limit_window::RULE,
    literal_secret::RULE,
    lossy_without_effect::RULE,
    malformed_value::RULE,
    match_and_when::RULE,
    mcp_tool_collision::RULE,
    mcp_transport::RULE,
    mcp_wildcard_grant::RULE,
    missing_field::RULE,
    model_not_in_chain::RULE,
    module_place::RULE,
    no_digest::RULE,
    no_target::RULE,
    no_workspace::RULE,
    not_a_glob::RULE,
    on_exceed_costs_more::RULE,
    on_exceed_without_effect::RULE,
    out_of_range::RULE,
    platform_only::RULE,
    possible_secret::RULE,
    predicate_without_effect::RULE,
    preset_with_protocol::RULE,
    price_in_another_unit::RULE,
    price_never_holds::RULE,
    private_name::RULE,
    region_unknown::RULE,
    rename_without_effect::RULE,
    request_falls_through::RULE,
    reserved_value::RULE,
    retry_without_effect::RULE,
    role_by_address::RULE,
    role_for_everyone::RULE,
    role_teams::RULE,
    role_without_effect::RULE,
    rollout_steps::RULE,
    rotation_overdue::RULE,
    shared_failure_domain::RULE,
    shared_rate_limit::RULE,
    split_without_fallback::RULE,
    sticky_without_split::RULE,
    suppressed_error::RULE,
    symlink_escape::RULE,
    timeouts_exceed_total::RULE,
    token_request::RULE,
    too_deep::RULE,
    too_many::RULE,
    too_many_attempts::RULE,
    too_many_candidates::RULE,
    undeclared_attribute::RULE,
    unknown_backend::RULE,
    unknown_budget::RULE,
    unknown_chain::RULE,
    unknown_consumer::RULE,
    unknown_credential::RULE,
    unknown_field::RULE,
    unknown_limit::RULE,
    unknown_mcp_profile::RULE,
    unknown_mcp_server::RULE,
    unknown_model::RULE,
    unknown_provider::RULE,
    unknown_tag::RULE,
    unknown_team::RULE,
    unknown_time_zone::RULE,
    unknown_word::RULE,
    unpriced_model::RULE,
    unreachable_rule::RULE,
    unsearched_file::RULE,
    unserved_rule::RULE,
    unsupported_kdl::RULE,
    unsupported_yaml::RULE,
    unused_attribute::RULE,
    unused_backend::RULE,
    unused_budget::RULE,
    unused_chain::RULE,
    unused_consumer::RULE,
    unused_credential::RULE,
    unused_limit::RULE,
    unused_mcp_profile::RULE,
    unused_mcp_server::RULE,
    unused_model::RULE,
    unused_provider::RULE,
    unused_suppression::RULE,
    vertex_without_project::RULE,
    wrong_type::RULE,
    yaml_bomb::RULE,
    yaml_syntax::RULE,
    zero_weights::RULE,
];

/// The rule of a slug.
pub fn find(slug: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.slug == slug)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_every_slug_is_found() {
        assert!(ALL.is_sorted_by(|a, b| a.slug < b.slug));
        for rule in ALL {
            assert_eq!(find(rule.slug), Some(rule));
            assert!(rule.page.starts_with(&format!("# {}\n", rule.slug)), "{}: title of its page", rule.slug);
            assert!(!rule.summary.ends_with('.'), "{}: {}", rule.slug, rule.summary);
        }
        assert_eq!(find("none"), None);
    }
}
