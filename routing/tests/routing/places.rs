//! The source map of a described policy, which was written nowhere.

use pointsman_schema::archive::places::{Place, Places};
use pointsman_schema::archive::providers::Providers;
use pointsman_schema::archive::routing::Routing;

/// Every row in line 1 of one file.
pub(crate) fn places(routing: &Routing, providers: &Providers) -> Places {
    let rows = |count| vec![Place { file: 0, line: 1 }; count];
    Places {
        files: vec!["policy".to_owned()],
        keys: rows(routing.keys.len()),
        consumers: rows(routing.consumers.len()),
        chains: rows(routing.chains.len()),
        rules: rows(routing.rules.len()),
        limits: Vec::new(),
        providers: rows(providers.providers.len()),
        credentials: rows(providers.credentials.len()),
        models: rows(providers.models.len()),
        backends: rows(providers.backends.len()),
    }
}
