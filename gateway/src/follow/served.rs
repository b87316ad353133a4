//! What a snapshot asks for that this gateway does not do: reason to refuse it, never to ignore it.
//!
//! A budget that nobody holds is worse than none, because people rely on it. The invariant: a snapshot is served only
//! when everything in it that a request could notice is acted on.
//!
//! Read next: [`super::load`], which asks before anything is resolved.

use pointsman_schema::archive::providers::{ArchivedCredential, CREDENTIAL_FILE, CREDENTIAL_SEALED};
use pointsman_schema::snapshot::View;

/// The first few things that this gateway does not do, in words; nothing when it does everything.
pub fn unserved(view: &View<'_>) -> Option<String> {
    let mut found = Vec::new();
    let is_unserved = |row: &&ArchivedCredential| row.source == CREDENTIAL_SEALED;
    let sealed = view.providers.tokens.iter().filter(|row| row.place > CREDENTIAL_FILE);
    let sealed = sealed.map(|row| view.credential(row.credential.into()));
    for credential in view.providers.credentials.iter().filter(is_unserved).chain(sealed) {
        found.push(format!("the kind of secret of credential `{}`", view.text(credential.name)));
    }
    for setting in view.unserved.settings.iter() {
        let (kind, object, field) = (setting.kind.as_str(), setting.object.as_str(), setting.field.as_str());
        let part = field.split('.').next().unwrap_or(field);
        found.push(match kind {
            "consumer" | "key" => format!("`{part}` of {kind} `{object}`"),
            "workspace" => format!("`{part}` of the workspace"),
            _ => format!("{kind} `{object}`"),
        });
    }
    found.dedup();
    let named: Vec<&str> = found.iter().take(NAMED_MAX).map(String::as_str).collect();
    let others = found.len().saturating_sub(named.len());
    match (named.is_empty(), others) {
        (true, _) => None,
        (false, 0) => Some(named.join(", ")),
        (false, others) => Some(format!("{} and {others} more", named.join(", "))),
    }
}

/// **Unit**: things named in one refusal.
const NAMED_MAX: usize = 3;
