//! Which model names a key may ask for, and which models it may be served by.
//!
//! The same two questions decide a request and list `GET /v1/models`, so that the list is exactly what would be
//! accepted. An alias may always be asked for: it names no model; what serves it is filtered all the same.

use pointsman_schema::archive::routing::{ArchivedAccepted, ArchivedKey};
use pointsman_schema::snapshot::view::{ChainIx, KeyIx, ModelIx, View, run};

use crate::refusal::Refusal;

/// A name that a request's `model` may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted<'a> {
    /// The name.
    pub name: &'a str,
    /// The model of that name; `None` for an alias.
    pub model: Option<ModelIx>,
}

/// Every name that a request with this key would be accepted by, in the order of their bytes.
pub fn accepted_models<'a>(view: &View<'a>, key: KeyIx) -> impl Iterator<Item = Accepted<'a>> + use<'a> {
    let view = *view;
    let key = view.key(key);
    let chain = view.chain(ChainIx::from(key.chain));
    run(&view.routing.accepted, &chain.accepted)
        .iter()
        .map(move |row| accepted(&view, row))
        .filter(move |accepted| accepted.model.is_none_or(|model| may_use(&view, key, model)))
}

/// Whether the asked name is accepted.
pub(crate) fn check_asked(view: &View<'_>, key: &ArchivedKey, asked: &str) -> Result<(), Refusal> {
    let chain = view.chain(ChainIx::from(key.chain));
    let names = run(&view.routing.accepted, &chain.accepted);
    let at =
        names.binary_search_by(|row| view.text(row.name).cmp(asked)).map_err(|_| Refusal::ModelNotFound)?;
    let model = names.get(at).and_then(|row| ModelIx::optional(row.model));
    if model.is_none_or(|model| may_use(view, key, model)) { Ok(()) } else { Err(Refusal::ModelNotAllowed) }
}

/// Whether the key may be served by the model.
pub(crate) fn may_use(view: &View<'_>, key: &ArchivedKey, model: ModelIx) -> bool {
    let allowed = run(&view.routing.key_models, &key.models);
    // Texts are interned and sorted: equal texts have equal indices, and the run ascends.
    allowed.is_empty() || allowed.binary_search(&view.model(model).name).is_ok()
}

fn accepted<'a>(view: &View<'a>, row: &ArchivedAccepted) -> Accepted<'a> {
    Accepted { name: view.text(row.name), model: ModelIx::optional(row.model) }
}
