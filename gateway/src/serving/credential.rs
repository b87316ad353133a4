//! What opens a provider: a secret that was read when its snapshot was loaded, or the token of the moment.
//!
//! Read next: [`crate::secrets`], [`crate::token`].

use std::ops::Deref;
use std::sync::Arc;

use pointsman_schema::snapshot::View;
use pointsman_schema::snapshot::view::CredentialIx;

use crate::limits::TOKEN_LOAD_MAX;
use crate::secrets::{Missing, Secret, Sources};
use crate::token::Source;
use crate::token::keeper::Keeper;
use crate::token::terms::Terms;

/// See the module.
pub enum Credential {
    /// A secret, or why there is none.
    Kept(Result<Secret, Missing>),
    /// Tokens.
    Token(Arc<Source>),
}

/// The secret of one request.
pub enum Lent<'a> {
    /// A lasting one.
    Key(&'a Secret),
    /// A token.
    Token(Secret),
}

impl Deref for Lent<'_> {
    type Target = Secret;

    fn deref(&self) -> &Secret {
        match self {
            Self::Key(secret) => secret,
            Self::Token(secret) => secret,
        }
    }
}

impl Credential {
    /// Those of a snapshot, in their order. Waits a moment for tokens that nobody has asked for before.
    pub fn all(view: &View<'_>, secrets: &Sources, tokens: &Keeper) -> Vec<Self> {
        let credentials: Vec<_> = view
            .providers
            .credentials
            .iter()
            .zip(0..)
            .map(|(row, at)| match Terms::of(view, CredentialIx(at)) {
                Some(terms) => Self::Token(tokens.source(terms)),
                None => Self::Kept(secrets.secret(view, row)),
            })
            .collect();
        let until = std::time::Instant::now() + TOKEN_LOAD_MAX;
        for credential in &credentials {
            if let Self::Token(source) = credential {
                source.wait(until.saturating_duration_since(std::time::Instant::now()));
            }
        }
        credentials
    }

    /// The secret for a request; nothing where there is none now.
    pub fn lend(&self) -> Option<Lent<'_>> {
        match self {
            Self::Kept(secret) => secret.as_ref().ok().map(Lent::Key),
            Self::Token(source) => source.token().map(Lent::Token),
        }
    }

    /// Whether there is one.
    pub fn is_there(&self) -> bool {
        match self {
            Self::Kept(secret) => secret.is_ok(),
            Self::Token(source) => source.is_there(),
        }
    }

    /// Why there is none, in words.
    pub fn problem(&self) -> Option<String> {
        match self {
            Self::Kept(secret) => secret.as_ref().err().map(Missing::to_string),
            Self::Token(source) => source.problem(),
        }
    }

    /// Its provider has refused what was lent.
    pub fn refused(&self, lent: &Lent<'_>) {
        if let (Self::Token(source), Lent::Token(secret)) = (self, lent) {
            source.refused(secret);
        }
    }
}
