//! What can be done with a key: make one, give it another form, take a form or the whole key away.
//!
//! Deliberately without a clock and without keys: the moment and the digests are arguments. Invariants: a key has never
//! more than two forms that are accepted, usage and budgets follow its name and never a digest, and no key but the named
//! one changes.

use std::collections::BTreeMap;

use pointsman_schema::digest::Digest;
use pointsman_schema::read::key_digest::KeyDigest;
use pointsman_schema::source::Key;
use pointsman_schema::tree::{Span, Spanned, Syntax};

use super::{Change, EditError, Piece, Workspace, items, place};
use crate::check::Checked;
use crate::policy::{Declared, Owner, Policy};
use crate::similar::nearest;
use crate::source_map::SourceFile;
use crate::suppression::Date;
use crate::tree_source::Tree;
use crate::unused::removal::removal;

/// A key that is to be declared.
#[derive(Debug, Clone, Copy)]
pub struct NewKey<'n> {
    /// Its stable name: `team/name`, or `name` for the platform's.
    pub name: &'n str,
    /// Whose it is, as a file of its owner names it.
    pub consumer: &'n str,
    /// The chain that its requests take, as a file of its owner names it.
    pub chain: &'n str,
    /// SHA-256 of its text.
    pub digest: Digest,
    /// The file to write it into; without one, where its owner's other keys are.
    pub file: Option<&'n str>,
}

/// How a key gets another form.
#[derive(Debug, Clone, Copy)]
pub struct Rotation<'r> {
    /// The key's stable name.
    pub name: &'r str,
    /// SHA-256 of its new text.
    pub digest: Digest,
    /// The last day of the old form; without one it is not accepted any more.
    pub old_until: Option<Date>,
    /// The present moment. **Unit**: Unix seconds.
    pub now_s: i64,
}

/// Declares a key.
pub fn add(tree: &dyn Tree, new: &NewKey<'_>) -> Result<Change, EditError> {
    let workspace = Workspace::open(tree)?;
    let policy = policy(&workspace.checked)?;
    if let Some(declared) = policy.keys.get(new.name) {
        let place = workspace.sources().place(declared.file, declared.named.name.span);
        return Err(EditError::KeyExists { name: new.name.to_owned(), place });
    }
    let (owner, name) = owner_of(new.name);
    place::check(workspace.sources(), &owner, new.file)?;
    let layout = || EditError::Layout {
        place: format!("the file of {owner}'s keys"),
        by_hand: format!("write the key `{name}` with digest sha256:{} by hand", new.digest),
    };
    let (files, place) = place::added(&policy, (&owner, name), new).ok_or_else(layout)?;
    let form = KeyDigest { digest: new.digest, until: None };
    finish((&workspace, &policy), Change { files, place }, (new.name, &[form]))
}

/// Gives a key another form and the old one its last day. A form that is not accepted any more goes.
pub fn rotate(tree: &dyn Tree, rotation: &Rotation<'_>) -> Result<Change, EditError> {
    let workspace = Workspace::open(tree)?;
    let policy = policy(&workspace.checked)?;
    let held = Held::of(&policy, rotation.name)?;
    let is_over = |form: &KeyDigest| form.until.is_some_and(|until| until.0 < rotation.now_s);
    let accepted: Vec<_> = held.forms.iter().filter(|form| !is_over(&form.value)).collect();
    if let [_, .., old] = accepted.as_slice() {
        return Err(EditError::BeingRotated {
            name: rotation.name.to_owned(),
            place: policy.source_map.place(held.declared.file, old.span),
            old: short(&old.value),
        });
    }
    let mut expected = vec![KeyDigest { digest: rotation.digest, until: None }];
    let mut pieces = Vec::new();
    for (at, form) in held.forms.iter().enumerate() {
        match rotation.old_until.filter(|_| !is_over(&form.value)).map(|day| earlier(form.value, day)) {
            Some(Some((kept, text))) => {
                pieces.push(held.replaced(form.span, &text)?);
                expected.push(kept);
            }
            Some(None) => expected.push(form.value),
            // The first gives its place to the new form.
            None if at == 0 => {}
            None => pieces.push(held.removed(at)?),
        }
    }
    let text = format!("sha256:{}", rotation.digest);
    let is_first_kept =
        held.forms.first().is_some_and(|first| expected.iter().any(|kept| kept.digest == first.value.digest));
    pieces.push(if is_first_kept { held.inserted(&text)? } else { held.replaced(held.first(), &text)? });
    let change = held.change(&workspace, &pieces);
    finish((&workspace, &policy), change, (rotation.name, &expected))
}

/// Takes the form of a key away whose digest begins as given, or the whole key.
pub fn revoke(tree: &dyn Tree, name: &str, digest: Option<&str>) -> Result<Change, EditError> {
    let workspace = Workspace::open(tree)?;
    let policy = policy(&workspace.checked)?;
    let held = Held::of(&policy, name)?;
    let begins = |form: &&Spanned<KeyDigest>| {
        let digits = digest.map(|digest| digest.strip_prefix("sha256:").unwrap_or(digest));
        digits.is_none_or(|digits| form.value.digest.to_string().starts_with(digits))
    };
    let count = held.forms.iter().filter(begins).count();
    if let Some(digest) = digest {
        // Of a shell's variable that is not set, nothing is left; it means no form, and never every form.
        if count != 1 || digest.is_empty() {
            return Err(EditError::NotOneDigest { name: name.to_owned(), digest: digest.to_owned(), count });
        }
        if held.forms.len() == 1 {
            return Err(EditError::OnlyForm { name: name.to_owned() });
        }
    }
    if count == held.forms.len() {
        let change = held.change(&workspace, &[held.key_removed()?]);
        return finish((&workspace, &policy), change, (name, &[]));
    }
    let at = held.forms.iter().position(|form| begins(&form)).unwrap_or(0);
    let expected: Vec<_> = held.forms.iter().filter(|form| !begins(form)).map(|form| form.value).collect();
    let change = held.change(&workspace, &[held.removed(at)?]);
    finish((&workspace, &policy), change, (name, &expected))
}

/// The first digits of a digest, enough to tell it from others.
pub fn short(form: &KeyDigest) -> String {
    form.digest.to_string().chars().take(DIGITS_SHORT).collect()
}

/// **Unit**: hexadecimal digits.
const DIGITS_SHORT: usize = 12;

/// A key that is in the policy.
struct Held<'p, 'a> {
    policy: &'p Policy<'a>,
    declared: &'p Declared<'a, Key>,
    forms: &'a [Spanned<KeyDigest>],
}

impl<'p, 'a> Held<'p, 'a> {
    fn of(policy: &'p Policy<'a>, name: &str) -> Result<Self, EditError> {
        let found = policy.keys.get(name).and_then(|declared| Some((declared, declared.body()?)));
        let (declared, body) = found.ok_or_else(|| {
            let names = policy.keys.values().map(|declared| declared.name.as_str());
            EditError::UnknownKey { name: name.to_owned(), similar: nearest(name, names).map(str::to_owned) }
        })?;
        Ok(Self { policy, declared, forms: &body.digests })
    }

    fn first(&self) -> Span {
        self.forms.first().map_or_else(Span::default, |form| form.span)
    }

    fn source(&self) -> &SourceFile {
        self.policy.source_map.file(self.declared.file)
    }

    fn inserted(&self, text: &str) -> Result<Piece, EditError> {
        let by_hand = || format!("write `{text}` as the first of its digests by hand");
        items::insert_before(self.source(), self.first(), text)
            .ok_or_else(|| self.layout(self.first(), by_hand()))
    }

    fn replaced(&self, span: Span, text: &str) -> Result<Piece, EditError> {
        let by_hand = || format!("write `{text}` by hand");
        items::replace(self.source(), span, text).ok_or_else(|| self.layout(span, by_hand()))
    }

    fn removed(&self, at: usize) -> Result<Piece, EditError> {
        let spans: Vec<Span> = self.forms.iter().map(|form| form.span).collect();
        let span = spans.get(at).copied().unwrap_or_default();
        let by_hand = || "remove the digest by hand, with the comment beside it".to_owned();
        items::remove(self.source(), &spans, at).ok_or_else(|| self.layout(span, by_hand()))
    }

    fn key_removed(&self) -> Result<Piece, EditError> {
        let here = self.policy.keys.values().filter(|declared| declared.file == self.declared.file);
        let (source, span) = (self.source(), self.declared.named.span);
        let lines = if here.count() > 1 || source.syntax == Syntax::Kdl {
            removal(source, span, true).map(|lines| (lines, String::new()))
        } else {
            emptied(source, span)
        };
        let by_hand = || "remove the key by hand, with the comment beside it".to_owned();
        lines.ok_or_else(|| self.layout(span, by_hand()))
    }

    fn layout(&self, span: Span, by_hand: String) -> EditError {
        EditError::Layout { place: self.policy.source_map.place(self.declared.file, span), by_hand }
    }

    fn change(&self, workspace: &Workspace<'_>, pieces: &[Piece]) -> Change {
        Change {
            files: workspace.edited(self.declared.file, pieces),
            place: self.policy.source_map.place(self.declared.file, self.declared.named.name.span),
        }
    }
}

/// The only key of a YAML file away, so that an empty map is left.
fn emptied(source: &SourceFile, span: Span) -> Option<Piece> {
    let written = source.text.get(span.range())?.trim_end();
    let end = span.range().start.checked_add(written.len())?;
    let before = source.text.get(..span.range().start)?.trim_end();
    let is_flow = before.ends_with('{') && source.text.get(end..)?.trim_start().starts_with('}');
    let is_block = before.ends_with("keys:");
    (is_flow || is_block)
        .then(|| (Span::new(before.len(), end), if is_block { " {}".to_owned() } else { String::new() }))
}

/// A form that ends on a day, with its text, unless it ends earlier by itself.
fn earlier(form: KeyDigest, day: Date) -> Option<(KeyDigest, String)> {
    let text = format!("{form} until {day}");
    let ending = KeyDigest::parse(&text).ok()?;
    let is_earlier = form.until.is_none_or(|own| ending.until.is_some_and(|until| until < own));
    is_earlier.then_some((ending, text))
}

fn owner_of(stable: &str) -> (Owner, &str) {
    match stable.split_once('/') {
        Some((team, name)) => (Owner::Team(team.to_owned()), name),
        None => (Owner::Platform, stable),
    }
}

fn policy(checked: &Checked) -> Result<Policy<'_>, EditError> {
    checked.policy().ok_or_else(|| EditError::Broken { first: "an error".to_owned() })
}

/// Checks that the files say what was asked for and nothing else of the keys.
fn finish(
    (workspace, before): (&Workspace<'_>, &Policy<'_>),
    change: Change,
    (name, forms): (&str, &[KeyDigest]),
) -> Result<Change, EditError> {
    let after = workspace.checked_with(&change.files)?;
    let mut expected = forms_of(before);
    if forms.is_empty() {
        expected.remove(name);
    } else {
        expected.insert(name.to_owned(), forms.to_vec());
    }
    let policy = policy(&after)?;
    if forms_of(&policy) == expected {
        // Where it stands now, which is what a person looks for; a key that is gone was where it was.
        let declared = policy.keys.get(name);
        let place = declared.map(|declared| after.sources.place(declared.file, declared.named.name.span));
        return Ok(Change { place: place.unwrap_or(change.place), files: change.files });
    }
    let by_hand = "change the key by hand".to_owned();
    Err(EditError::Layout { place: change.place, by_hand })
}

fn forms_of(policy: &Policy<'_>) -> BTreeMap<String, Vec<KeyDigest>> {
    let keys = Policy::bodies(&policy.keys);
    let forms = |body: &Key| body.digests.iter().map(|form| form.value).collect();
    keys.map(|(declared, body)| (declared.name.clone(), forms(body))).collect()
}

#[cfg(test)]
mod tests;
