//! Declared request attributes into rows, and their values into numbers.
//!
//! Value 0 is `none`: absent, or not declared. The invariant: attributes and the values of each are sorted by text.

use pointsman_schema::archive::Rows;
use pointsman_schema::archive::routing as archive;
use pointsman_schema::source::{Attribute, Workspace};

use super::names::Texts;
use super::references::position;
use super::{LowerError, row};

/// The attribute tables, and the texts to look numbers up by.
pub(super) struct Attributes<'p> {
    /// One row an attribute.
    pub(super) rows: Vec<archive::Attribute>,
    /// Texts of values.
    pub(super) values: Vec<u32>,
    names: Vec<&'p str>,
    values_of: Vec<Vec<&'p str>>,
}

/// Where an attribute is found.
const HEADER: u8 = 0;
const METADATA: u8 = 1;

/// What rules call a value that is absent or not declared.
pub(super) const NONE_WORD: &str = "none";

impl<'p> Attributes<'p> {
    /// Lowers what the workspace declares.
    pub(super) fn of(workspace: &'p Workspace, texts: &mut Texts<'p>) -> Result<Self, LowerError> {
        let Workspace { version: _, attributes, defaults: _, limits: _, rollout: _, signers: _ } = workspace;
        let mut sorted: Vec<_> = attributes.iter().collect();
        sorted.sort_by_key(|named| named.name.value.as_str());
        let mut lowered =
            Self { rows: Vec::new(), values: Vec::new(), names: Vec::new(), values_of: Vec::new() };
        for named in sorted {
            let name = named.name.value.as_str();
            let body = named.body.as_ref().ok_or_else(|| LowerError::NoBody { name: name.to_owned() })?;
            lowered.add(name, body, texts)?;
        }
        Ok(lowered)
    }

    fn add(
        &mut self,
        name: &'p str,
        attribute: &'p Attribute,
        texts: &mut Texts<'p>,
    ) -> Result<(), LowerError> {
        let Attribute { header, metadata, values } = attribute;
        let (origin, field) = match (header, metadata) {
            (Some(header), _) => (HEADER, header.value.as_str()),
            (None, Some(member)) => (METADATA, member.value.as_str()),
            (None, None) => return Err(LowerError::NoBody { name: name.to_owned() }),
        };
        let mut sorted: Vec<&str> = values.iter().map(|value| value.value.as_str()).collect();
        sorted.retain(|value| *value != NONE_WORD);
        sorted.sort_unstable();
        sorted.dedup();
        let start = self.values.len();
        self.values.extend(sorted.iter().map(|value| texts.number(value)));
        let values = Rows::between(start, self.values.len());
        self.rows.push(archive::Attribute {
            name: texts.number(name),
            origin,
            field: texts.number(field),
            values,
        });
        self.names.push(name);
        self.values_of.push(sorted);
        Ok(())
    }

    /// The row of an attribute.
    pub(super) fn row(&self, name: &str) -> Result<u32, LowerError> {
        position("attribute", &self.names, name, name)
    }

    /// The row of an attribute and the number of one of its values.
    pub(super) fn value(&self, name: &str, value: &str) -> Result<(u32, u32), LowerError> {
        let at = self.row(name)?;
        if value == NONE_WORD {
            return Ok((at, 0));
        }
        let values = usize::try_from(at).ok().and_then(|at| self.values_of.get(at));
        let found = values.and_then(|values| values.binary_search(&value).ok());
        let missing = || LowerError::Unresolved { kind: "attribute value", name: format!("{name}={value}") };
        found.map(|found| (at, row(found).saturating_add(1))).ok_or_else(missing)
    }
}
