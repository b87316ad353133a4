//! The facts of a snapshot, gathered once for both formats.

use std::collections::BTreeSet;

use pointsman_schema::archive::providers::{ArchivedBackend, ArchivedProvider};
use pointsman_schema::archive::routing::{
    ArchivedArm, ArchivedChain, ArchivedRule, ArchivedTarget, TARGET_CHAIN,
};
use pointsman_schema::archive::unserved::ArchivedSetting;
use pointsman_schema::feature::{self, Feature};
use pointsman_schema::limits::{CHAIN_DEPTH_MAX, SPLIT_BUCKETS};
use pointsman_schema::snapshot::View;
use pointsman_schema::snapshot::header::SectionKind;
use pointsman_schema::snapshot::view::{BackendIx, ChainIx, KeyIx, run};
use pointsman_schema::source::{BaseUrl, Scheme};
use serde::Serialize;

use super::attempts;
use super::limits::{Limit, limits};
use super::prices::{Price, prices};
use crate::place;
use crate::snapshots::Opened;

/// Everything that `inspect` shows.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) snapshot: String,
    pub(crate) decisions: String,
    pub(crate) generation: Option<u64>,
    pub(crate) published: Option<String>,
    pub(crate) commit: Option<String>,
    pub(crate) compiler: String,
    pub(crate) container_version: u32,
    pub(crate) bytes: u64,
    pub(crate) sections: Vec<Section>,
    pub(crate) counts: Vec<Count>,
    pub(crate) backends: Vec<Backend>,
    pub(crate) prices: Vec<Price>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) chains: Vec<Chain>,
    pub(crate) keys: Vec<Key>,
    pub(crate) unserved: Vec<Unserved>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Section {
    pub(crate) name: &'static str,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Count {
    pub(crate) of: &'static str,
    pub(crate) count: usize,
}

#[derive(Debug, Serialize)]
pub(crate) struct Backend {
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) model: String,
    pub(crate) provider: String,
    /// Where its provider is.
    pub(crate) address: String,
    pub(crate) credential: Option<String>,
    pub(crate) upstream_model: String,
    /// Features that its provider refuses although its protocol has a form for them.
    pub(crate) refuses: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Chain {
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) accepts: Vec<String>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) worst: Option<Worst>,
}

/// The most upstream attempts that one request of a chain can cause.
#[derive(Debug, Serialize)]
pub(crate) struct Worst {
    /// Of all backends together, first tries included.
    pub(crate) attempts: usize,
    /// The rule that it begins in.
    pub(crate) rule: String,
    /// In the order in which they are tried.
    pub(crate) way: Vec<Tries>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Tries {
    pub(crate) backend: String,
    pub(crate) tries: usize,
}

/// A field that no gateway of this release acts on.
#[derive(Debug, Serialize)]
pub(crate) struct Unserved {
    pub(crate) kind: String,
    pub(crate) object: String,
    pub(crate) field: String,
    pub(crate) value: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Rule {
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) conditional: bool,
    pub(crate) split: Vec<Arm>,
    pub(crate) fallback: Vec<String>,
    pub(crate) retry_attempts: u8,
    /// Whether something may be left out for a backend that cannot carry it.
    pub(crate) lossy: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct Arm {
    pub(crate) target: String,
    /// Of a million.
    pub(crate) buckets: u32,
}

#[derive(Debug, Serialize)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) consumer: String,
    pub(crate) chain: String,
    pub(crate) digests: usize,
    pub(crate) expires: Option<String>,
    pub(crate) models: Vec<String>,
    /// Its consumer's, too.
    pub(crate) limits: Vec<String>,
    pub(crate) backends: Vec<String>,
}

impl Report {
    /// Gathers the facts.
    pub(crate) fn of(opened: &Opened) -> Self {
        let (snapshot, announcement) = (&opened.snapshot, opened.announcement.as_ref());
        let (view, header) = (snapshot.view(), snapshot.header());
        let commit = announcement.and_then(|announcement| announcement.source.as_ref());
        Self {
            snapshot: snapshot.digest().to_string(),
            decisions: snapshot.decisions().to_string(),
            generation: announcement.map(|announcement| announcement.generation),
            published: announcement.map(|announcement| announcement.time.clone()),
            commit: commit.map(|commit| commit.commit.clone()),
            compiler: header.compiler.clone(),
            container_version: header.container,
            bytes: opened.bytes,
            sections: header.sections.iter().map(section).collect(),
            counts: counts(&view),
            backends: backends(&view),
            prices: prices(&view),
            limits: limits(&view),
            chains: chains(&view),
            keys: keys(&view),
            unserved: view.unserved.settings.iter().map(setting).collect(),
        }
    }
}

fn setting(setting: &ArchivedSetting) -> Unserved {
    let ArchivedSetting { kind, object, field, value } = setting;
    Unserved {
        kind: kind.as_str().to_owned(),
        object: object.as_str().to_owned(),
        field: field.as_str().to_owned(),
        value: value.as_str().to_owned(),
    }
}

fn section(section: &pointsman_schema::snapshot::header::Section) -> Section {
    let kind = SectionKind::ALL.iter().find(|kind| kind.id() == section.id);
    Section {
        name: kind.map_or("unknown", |kind| kind.word()),
        bytes: section.length,
        sha256: section.digest.to_string(),
    }
}

fn counts(view: &View<'_>) -> Vec<Count> {
    let (routing, providers) = (view.routing, view.providers);
    let all = [
        ("providers", providers.providers.len()),
        ("credentials", providers.credentials.len()),
        ("models", providers.models.len()),
        ("backends", providers.backends.len()),
        ("chains", routing.chains.len()),
        ("rules", routing.rules.len()),
        ("teams", routing.teams.len()),
        ("consumers", routing.consumers.len()),
        ("keys", routing.keys.len()),
        ("limits", view.money.limits.len()),
        ("golden vectors", view.golden.vectors.len()),
    ];
    all.into_iter().map(|(of, count)| Count { of, count }).collect()
}

fn backends(view: &View<'_>) -> Vec<Backend> {
    let rows = view.providers.backends.iter().enumerate();
    rows.map(|(at, row)| Backend {
        name: view.text(row.name).to_owned(),
        place: place::text(view, view.places.backends.get(at)),
        model: view.text(view.model(row.model.into()).name).to_owned(),
        provider: view.text(view.provider(row.provider.into()).name).to_owned(),
        address: address(view, view.provider(row.provider.into())),
        credential: pointsman_schema::snapshot::view::CredentialIx::optional(row.credential)
            .map(|credential| view.text(view.credential(credential).name).to_owned()),
        upstream_model: view.text(row.upstream_model).to_owned(),
        refuses: refuses(row),
    })
    .collect()
}

fn address(view: &View<'_>, provider: &ArchivedProvider) -> String {
    let scheme = if provider.tls == 0 { Scheme::Http } else { Scheme::Https };
    let (host, path) = (view.text(provider.host).to_owned(), view.text(provider.path).to_owned());
    BaseUrl { scheme, host, port: provider.port.to_native(), path }.to_string()
}

/// What stands in the sets of the dialects that are forwarded: all else is the protocol's.
fn refuses(backend: &ArchivedBackend) -> Vec<&'static str> {
    let sets = backend.refused.iter().map(|set| set.to_native()).filter(|set| !feature::is_reworded(*set));
    feature::of_set(sets.fold(0, |all, set| all | set)).map(Feature::word).collect()
}

fn chains(view: &View<'_>) -> Vec<Chain> {
    let rows = view.routing.chains.iter().enumerate();
    let mut ways = attempts::Worst::new(view);
    rows.zip(0..)
        .map(|((at, row), chain)| {
            let rules = rules(view, row);
            let place = view.places.chains.get(at);
            let accepted = run(&view.routing.accepted, &row.accepted).iter();
            Chain {
                name: view.text(row.name).to_owned(),
                place: place::text(view, place),
                accepts: accepted.map(|accepted| view.text(accepted.name).to_owned()).collect(),
                worst: ways.of(ChainIx(chain)).and_then(|way| worst(view, &rules, &way)),
                rules,
            }
        })
        .collect()
}

fn worst(view: &View<'_>, rules: &[Rule], way: &attempts::Way) -> Option<Worst> {
    let name = |backend: BackendIx| view.text(view.backend(backend).name).to_owned();
    let tries = way.tries.iter().map(|(backend, tries)| Tries { backend: name(*backend), tries: *tries });
    Some(Worst { attempts: way.attempts(), rule: rules.get(way.rule)?.name.clone(), way: tries.collect() })
}

fn rules(view: &View<'_>, chain: &ArchivedChain) -> Vec<Rule> {
    let first = usize::try_from(chain.rules.start.to_native()).unwrap_or(usize::MAX);
    let rows = run(&view.routing.rules, &chain.rules).iter().enumerate();
    rows.map(|(at, row)| Rule {
        name: view.text(row.name).to_owned(),
        place: place::text(view, view.places.rules.get(first.saturating_add(at))),
        conditional: row.tests.len != 0,
        split: split(view, row),
        fallback: run(&view.routing.fallbacks, &row.fallbacks).iter().map(|at| target(view, at)).collect(),
        retry_attempts: row.retry_attempts,
        lossy: row.dropped.to_native() != 0,
    })
    .collect()
}

fn split(view: &View<'_>, rule: &ArchivedRule) -> Vec<Arm> {
    let mut from = 0;
    let arm = |arm: &ArchivedArm| {
        let buckets = arm.until.to_native().saturating_sub(from).min(SPLIT_BUCKETS);
        from = arm.until.to_native();
        Arm { target: target(view, &arm.target), buckets }
    };
    run(&view.routing.arms, &rule.arms).iter().map(arm).collect()
}

fn target(view: &View<'_>, target: &ArchivedTarget) -> String {
    if target.kind == TARGET_CHAIN {
        return format!("chain/{}", view.text(view.chain(ChainIx::from(target.index)).name));
    }
    view.text(view.backend(BackendIx::from(target.index)).name).to_owned()
}

fn keys(view: &View<'_>) -> Vec<Key> {
    let mut digests = vec![0_usize; view.routing.keys.len()];
    for digest in view.routing.digests.iter() {
        if let Some(count) = digests.get_mut(KeyIx::from(digest.key).at()) {
            *count += 1;
        }
    }
    let rows = view.routing.keys.iter().zip(digests).enumerate();
    rows.map(|(at, (row, digests))| {
        let models: Vec<_> = run(&view.routing.key_models, &row.models)
            .iter()
            .map(|name| view.text(*name).to_owned())
            .collect();
        let expires = row.expires_s.to_native();
        Key {
            name: view.text(row.name).to_owned(),
            place: place::text(view, view.places.keys.get(at)),
            consumer: view.text(view.consumer(row.consumer.into()).name).to_owned(),
            chain: view.text(view.chain(row.chain.into()).name).to_owned(),
            digests,
            expires: (expires != i64::MAX).then(|| {
                jiff::Timestamp::from_second(expires).map(|time| time.to_string()).unwrap_or_default()
            }),
            backends: reached(view, row.chain.into(), &models),
            models,
            limits: super::limits::of_key(view, row),
        }
    })
    .collect()
}

/// The backends that a key's requests can reach, by name: those of its chain, less the models that it may not use.
fn reached(view: &View<'_>, chain: ChainIx, models: &[String]) -> Vec<String> {
    let mut found = BTreeSet::new();
    collect(view, chain, CHAIN_DEPTH_MAX, &mut found);
    let allowed = |backend: &BackendIx| {
        let model = view.text(view.model(view.backend(*backend).model.into()).name);
        models.is_empty() || models.iter().any(|name| name == model)
    };
    found
        .into_iter()
        .filter(allowed)
        .map(|backend| view.text(view.backend(backend).name).to_owned())
        .collect()
}

fn collect(view: &View<'_>, chain: ChainIx, depth: usize, found: &mut BTreeSet<BackendIx>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    for rule in run(&view.routing.rules, &view.chain(chain).rules) {
        let arms = run(&view.routing.arms, &rule.arms).iter().map(|arm| &arm.target);
        for target in arms.chain(run(&view.routing.fallbacks, &rule.fallbacks)) {
            if target.kind == TARGET_CHAIN {
                collect(view, target.index.into(), depth, found);
            } else {
                found.insert(target.index.into());
            }
        }
    }
}
