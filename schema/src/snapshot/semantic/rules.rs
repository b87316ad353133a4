//! Semantic checks of chains, rules, branch programs, splits and time windows.

use super::{Check, Table};
use crate::archive::NONE;
use crate::archive::routing::{
    ACCEPT, ArchivedRule, ArchivedTarget, ArchivedTest, REJECT, TARGET_BACKEND, TARGET_CHAIN, TEST_ATTRIBUTE,
    TEST_CAPABILITY, TEST_CONSUMER, TEST_INPUT_TOKENS, TEST_MODEL_GLOB, TEST_MODEL_IS, TEST_PROTOCOL,
    TEST_TAG, TEST_TEAM, TEST_TIME,
};
use crate::feature;
use crate::limits::{
    ARMS_PER_SPLIT_MAX, CANDIDATES_MAX, PREDICATES_PER_RULE_MAX, RETRY_ATTEMPTS_MAX, RULES_PER_CHAIN_MAX,
    SPLIT_BUCKETS,
};
use crate::protocol::Protocol;
use crate::snapshot::View;
use crate::snapshot::view::slot;

pub(super) fn check(view: &View<'_>) -> Check {
    chains(view)?;
    for (row, rule) in view.routing.rules.iter().enumerate() {
        check_rule(view, row, rule)?;
    }
    windows(view)
}

fn chains(view: &View<'_>) -> Check {
    let at = Table("chains");
    at.ascending(0, view.routing.chains.iter().map(|row| row.name), view)?;
    for (row, chain) in view.routing.chains.iter().enumerate() {
        let rules = at.run(row, &chain.rules, &view.routing.rules)?;
        at.holds(row, rules.len() <= RULES_PER_CHAIN_MAX, "it has too many rules")?;
        let accepted = at.run(row, &chain.accepted, &view.routing.accepted)?;
        at.ascending(row, accepted.iter().map(|accepted| accepted.name), view)?;
        for accepted in accepted {
            at.optional(row, accepted.model, view.providers.models.len())?;
        }
    }
    Ok(())
}

fn check_rule(view: &View<'_>, row: usize, rule: &ArchivedRule) -> Check {
    let at = Table("rules");
    at.text(row, rule.name, view)?;
    at.holds(row, rule.retry_attempts <= RETRY_ATTEMPTS_MAX, "it retries too often")?;
    at.holds(row, rule.sticky <= 3, "what it sticks to is unknown")?;
    if rule.sticky == 3 {
        at.index(row, rule.sticky_attribute, view.routing.attributes.len())?;
    } else {
        at.holds(row, rule.sticky_attribute == NONE, "it sticks to an attribute that it does not use")?;
    }
    at.features(row, rule.dropped, feature::DROPPABLE)?;
    let tests = at.run(row, &rule.tests, &view.routing.tests)?;
    at.holds(row, tests.len() <= PREDICATES_PER_RULE_MAX, "it has too many predicates")?;
    for (index, test) in tests.iter().enumerate() {
        check_test(view, row, test)?;
        let forward = |target: u16| {
            matches!(target, ACCEPT | REJECT) || (index + 1..tests.len()).contains(&usize::from(target))
        };
        let ends = forward(test.on_true.to_native()) && forward(test.on_false.to_native());
        at.holds(row, ends, "its branch program jumps backwards or out of itself")?;
    }
    check_targets(view, row, rule)
}

fn check_test(view: &View<'_>, row: usize, test: &ArchivedTest) -> Check {
    let at = Table("tests");
    match test.code {
        TEST_MODEL_IS => at.text(row, test.a, view),
        TEST_MODEL_GLOB => at.text(row, test.a, view).and_then(|()| at.text(row, test.b, view)),
        TEST_ATTRIBUTE => {
            at.index(row, test.a, view.routing.attributes.len())?;
            let attribute = view.routing.attributes.get(slot(test.a.to_native()));
            let known =
                attribute.is_some_and(|attribute| test.b.to_native() <= attribute.values.len.to_native());
            at.holds(row, known, "it names an unknown attribute value")
        }
        TEST_CAPABILITY | TEST_INPUT_TOKENS => Ok(()),
        TEST_TEAM => at.index(row, test.a, view.routing.teams.len()),
        TEST_CONSUMER => at.index(row, test.a, view.routing.consumers.len()),
        TEST_TAG => at.index(row, test.a, view.routing.tags.len()),
        TEST_PROTOCOL => {
            let code = u8::try_from(test.a.to_native()).ok();
            at.holds(row, code.and_then(Protocol::from_code).is_some(), "its protocol is unknown")
        }
        TEST_TIME => at.index(row, test.a, view.routing.windows.len()),
        _ => Err(at.wrong(row, "its predicate is unknown")),
    }
}

fn check_targets(view: &View<'_>, row: usize, rule: &ArchivedRule) -> Check {
    let at = Table("rules");
    let arms = at.run(row, &rule.arms, &view.routing.arms)?;
    at.holds(row, arms.len() <= ARMS_PER_SPLIT_MAX, "its split has too many arms")?;
    let mut last = 0;
    for arm in arms {
        check_target(view, row, &arm.target)?;
        at.holds(row, arm.until.to_native() > last, "an arm of its split draws nothing")?;
        last = arm.until.to_native();
    }
    at.holds(row, arms.is_empty() || last == SPLIT_BUCKETS, "its split does not cover all buckets")?;
    let fallbacks = at.run(row, &rule.fallbacks, &view.routing.fallbacks)?;
    at.holds(row, fallbacks.len() <= CANDIDATES_MAX, "it has too many fallbacks")?;
    at.holds(row, !(arms.is_empty() && fallbacks.is_empty()), "it has no target")?;
    fallbacks.iter().try_for_each(|target| check_target(view, row, target))
}

fn check_target(view: &View<'_>, row: usize, target: &ArchivedTarget) -> Check {
    let at = Table("rules");
    match target.kind {
        TARGET_BACKEND => at.index(row, target.index, view.providers.backends.len()),
        TARGET_CHAIN => at.index(row, target.index, view.routing.chains.len()),
        _ => Err(at.wrong(row, "a target is of an unknown kind")),
    }
}

fn windows(view: &View<'_>) -> Check {
    let at = Table("windows");
    for (row, window) in view.routing.windows.iter().enumerate() {
        at.index(row, window.zone, view.routing.zones.len())?;
        at.holds(row, window.days != 0 && window.days < 128, "its days are unknown")?;
        let minutes =
            window.from_minute.to_native() < 1440 && (1..=1440).contains(&window.to_minute.to_native());
        at.holds(row, minutes, "its minutes are not of a day")?;
    }
    let at = Table("zones");
    for (row, zone) in view.routing.zones.iter().enumerate() {
        at.text(row, zone.name, view)?;
        let transitions = at.run(row, &zone.transitions, &view.routing.transitions)?;
        at.holds(
            row,
            transitions.is_sorted_by_key(|change| change.at_s),
            "its transitions are not in order",
        )?;
        let offsets = transitions.iter().map(|change| change.offset_s.to_native());
        let sane = |offset: i32| offset.abs() <= 26 * 3600;
        at.holds(
            row,
            offsets.chain([zone.initial_offset_s.to_native()]).all(sane),
            "an offset is over a day",
        )?;
    }
    Ok(())
}
