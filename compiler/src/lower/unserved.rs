//! What no gateway of this release acts on, as canonical text.
//!
//! One small function a noun, each taking its source apart field by field. The invariant: equal meanings give equal
//! rows, whatever the spelling of a reference or the order of a list that has none. Read next:
//! `pointsman_schema::archive::unserved`.

mod access;
mod platform;

use pointsman_schema::archive::unserved::{Setting, Unserved};
use pointsman_schema::tree::Spanned;

use super::{LowerError, body};
use crate::overshoot::{Bounds, overshoot};
use crate::policy::{Declared, Policy, Resolution};

/// Every setting of a policy.
pub(super) fn lower(policy: &Policy<'_>) -> Result<Unserved, LowerError> {
    let mut settings = Settings { policy, overshoot: overshoot(policy), rows: Vec::new() };
    access::lower(&mut settings)?;
    platform::lower(&mut settings)?;
    let mut rows = settings.rows;
    let order = |row: &Setting| [row.kind.clone(), row.object.clone(), row.field.clone(), row.value.clone()];
    rows.sort_by_cached_key(order);
    rows.dedup();
    Ok(Unserved { settings: rows })
}

/// The rows so far.
struct Settings<'p> {
    policy: &'p Policy<'p>,
    /// Worked out, so that it can be read where the budget is.
    overshoot: Bounds<'p>,
    rows: Vec<Setting>,
}

/// One object whose fields are written.
struct Object<'s> {
    rows: &'s mut Vec<Setting>,
    kind: &'static str,
    name: &'s str,
}

impl Settings<'_> {
    fn object<'s, T>(&'s mut self, kind: &'static str, declared: &'s Declared<'_, T>) -> Object<'s> {
        Object { rows: &mut self.rows, kind, name: &declared.name }
    }
}

impl Object<'_> {
    fn set(&mut self, field: &str, value: &(impl ToString + ?Sized)) {
        let value = value.to_string();
        let (kind, object, field) = (self.kind.to_owned(), self.name.to_owned(), field.to_owned());
        self.rows.push(Setting { kind, object, field, value });
    }

    fn optional<T>(&mut self, field: &str, value: Option<&Spanned<T>>, text: impl Fn(&T) -> String) {
        if let Some(value) = value {
            self.set(field, &text(&value.value));
        }
    }

    /// A list whose order means nothing.
    fn all(&mut self, field: &str, values: impl IntoIterator<Item = String>) {
        for value in values {
            self.set(field, &value);
        }
    }

    /// References to things by stable name.
    fn references<'r>(
        &mut self,
        field: &str,
        references: impl IntoIterator<Item = (Resolution<'r>, &'r str)>,
    ) -> Result<(), LowerError> {
        for (resolution, written) in references {
            let unresolved = || LowerError::Unresolved { kind: self.kind, name: written.to_owned() };
            let stable = resolution.found().ok_or_else(unresolved)?;
            self.set(field, stable);
        }
        Ok(())
    }
}

/// The number of a member of an ordered list, so that sorting keeps the order.
fn numbered(field: &str, at: usize) -> String {
    format!("{field}.{at:04}")
}
