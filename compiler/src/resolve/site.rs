//! One reference: who makes it, where, and what is said when it leads nowhere.
//!
//! Deliberately one sentence for every kind, so that six rules read alike; each rule's file gives its own words. The
//! invariant: a suggestion is a name that the asking file may really use.
//!
//! Read next: [`crate::rules::unknown_backend`], one of the rules.

use pointsman_schema::read::record::with_article;
use pointsman_schema::read::scalar::{ModelName, check_reference};
use pointsman_schema::tree::{Span, Syntax};

use super::Visit;
use crate::catalogue;
use crate::diagnostic::{Diagnostic, Fix, FixClass, Label};
use crate::index::Index;
use crate::policy::{Owner, Resolution, Shared, Table};
use crate::rule::Rule;
use crate::rules::{
    private_name, unknown_backend, unknown_budget, unknown_chain, unknown_consumer, unknown_credential,
    unknown_limit, unknown_mcp_profile, unknown_mcp_server, unknown_model, unknown_provider,
};
use crate::shown::visible;
use crate::similar::nearest;
use crate::source_map::FileId;

/// The object that a reference stands in.
#[derive(Debug, Clone, Copy)]
pub struct Holder<'a> {
    /// Whose file it is.
    pub owner: &'a Owner,
    /// Which file.
    pub file: FileId,
    /// What it is: `rule`.
    pub object: &'static str,
    /// Its name.
    pub name: &'a str,
    /// Where the name stands.
    pub span: Span,
}

impl Holder<'_> {
    /// The context label of everything inside: "in this rule".
    pub fn label(&self) -> Label {
        Label::new(self.file, self.span, format!("in this {}", self.object))
    }
}

/// One reference.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// What it stands in.
    pub holder: &'a Holder<'a>,
    /// Which field of it.
    pub field: &'static str,
    /// The name as written, without `chain/`.
    pub name: &'a str,
    /// Where it stands, `chain/` included.
    pub span: Span,
}

/// What a reference refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A provider.
    Provider,
    /// A credential.
    Credential,
    /// A model.
    Model,
    /// A backend.
    Backend,
    /// A chain, by its name.
    Chain,
    /// A chain, as `chain/NAME`.
    ChainTarget,
    /// A consumer.
    Consumer,
    /// A budget.
    Budget,
    /// A limit.
    Limit,
    /// An MCP server.
    McpServer,
    /// An MCP profile.
    McpProfile,
}

impl Kind {
    fn rule(self) -> &'static Rule {
        match self {
            Self::Provider => &unknown_provider::RULE,
            Self::Credential => &unknown_credential::RULE,
            Self::Model => &unknown_model::RULE,
            Self::Backend => &unknown_backend::RULE,
            Self::Chain | Self::ChainTarget => &unknown_chain::RULE,
            Self::Consumer => &unknown_consumer::RULE,
            Self::Budget => &unknown_budget::RULE,
            Self::Limit => &unknown_limit::RULE,
            Self::McpServer => &unknown_mcp_server::RULE,
            Self::McpProfile => &unknown_mcp_profile::RULE,
        }
    }

    fn words(self) -> &'static Words {
        match self {
            Self::Provider => &unknown_provider::WORDS,
            Self::Credential => &unknown_credential::WORDS,
            Self::Model => &unknown_model::WORDS,
            Self::Backend => &unknown_backend::WORDS,
            Self::Chain | Self::ChainTarget => &unknown_chain::WORDS,
            Self::Consumer => &unknown_consumer::WORDS,
            Self::Budget => &unknown_budget::WORDS,
            Self::Limit => &unknown_limit::WORDS,
            Self::McpServer => &unknown_mcp_server::WORDS,
            Self::McpProfile => &unknown_mcp_profile::WORDS,
        }
    }
}

/// What is said of an unknown name of one kind.
#[derive(Debug)]
pub struct Words {
    /// The kind: `backend`.
    pub object: &'static str,
    /// What would happen.
    pub consequence: &'static str,
    /// Why a similar name is not simply taken.
    pub caution: &'static str,
    /// Who may apply the suggestion.
    pub class: FixClass,
    /// What to do when nothing is similar.
    pub help: &'static str,
}

impl<'a> Site<'a> {
    /// A reference in a field of a holder.
    pub fn new(holder: &'a Holder<'a>, field: &'static str, name: &'a str, span: Span) -> Self {
        Self { holder, field, name, span }
    }

    /// Looks the reference up: notes what it names, and reports it when it leads nowhere.
    pub fn check(&self, kind: Kind, visit: &mut Visit<'_, '_, '_>) {
        let index = visit.index;
        let resolution = self.resolve(kind, index);
        visit.uses.note(kind, resolution);
        match resolution {
            Resolution::Found(_) => {}
            Resolution::Private { owner, declared } => {
                let place = Self::place_of(kind, declared, index);
                // An `export` that could not be read may have said so.
                if place.is_some_and(|(file, _, whole)| index.is_spoiled(file, whole)) {
                    return;
                }
                let named = place.map(|(file, name, _)| (file, name));
                visit.sink.push(private_name::diagnostic(self, kind.words().object, owner, named));
            }
            Resolution::Unknown if index.may_hide(self.asker(kind), self.hidden_name(kind)) => {}
            Resolution::Unknown => visit.sink.extend(self.unknown(kind, index)),
        }
    }

    fn resolve<'i>(&self, kind: Kind, index: &'i Index<'_>) -> Resolution<'i> {
        let (policy, from) = (&index.policy, self.holder.owner);
        match kind {
            Kind::Provider => policy.provider(from, self.name),
            Kind::Credential => policy.credential(from, self.name),
            Kind::Model => policy.model(self.name),
            Kind::Backend => policy.backend(from, self.name),
            Kind::Chain | Kind::ChainTarget => policy.chain(from, self.name),
            Kind::Consumer => policy.consumer(from, self.name),
            Kind::Budget => policy.budget(from, self.name),
            Kind::Limit => policy.limit(from, self.name),
            Kind::McpServer => policy.mcp_server(from, self.name),
            Kind::McpProfile => policy.mcp_profile(from, self.name),
        }
    }

    /// Models are the platform's, whatever a name looks like.
    fn asker(&self, kind: Kind) -> &Owner {
        if kind == Kind::Model { &Owner::Platform } else { self.holder.owner }
    }

    fn hidden_name(&self, kind: Kind) -> &str {
        if kind == Kind::Model { "" } else { self.name }
    }

    /// The finding; none when what is probably meant has a name that cannot be one, which is reported there.
    fn unknown(&self, kind: Kind, index: &Index<'_>) -> Option<Diagnostic> {
        let words = kind.words();
        let Holder { file, object, name, .. } = self.holder;
        let headline =
            format!("{} of {object} `{}` names an unknown {}", self.field, visible(name), words.object);
        let label = format!("no {} has this name", words.object);
        let found = Diagnostic::new(kind.rule(), headline, Label::new(*file, self.span, label))
            .context(self.holder.label())
            .consequence(words.consequence);
        let Some((similar, place)) = self.similar(kind, index) else { return Some(found.help(words.help)) };
        let is_a_name = match kind {
            Kind::Model => ModelName::parse(&similar).is_ok(),
            _ => check_reference(&similar).is_ok(),
        };
        if !is_a_name {
            return None;
        }
        let written = if kind == Kind::ChainTarget { format!("chain/{similar}") } else { similar.clone() };
        let fix = Fix::replace(words.class, *file, self.span, spell(index.syntax(*file), &written));
        let help = format!("{} with a similar name exists{}", with_article(words.object), words.caution);
        let found = found.help_with_fix(help, fix);
        Some(match place {
            Some((file, span)) => found.note_at(format!("`{similar}` is declared in"), file, span),
            None => found,
        })
    }

    fn similar(&self, kind: Kind, index: &Index<'_>) -> Option<(String, Option<(FileId, Span)>)> {
        let policy = &index.policy;
        match kind {
            Kind::Provider => self.nearest_of(&policy.providers, index),
            Kind::Credential => self.nearest_of(&policy.credentials, index),
            Kind::Backend => self.nearest_of(&policy.backends, index),
            Kind::Chain | Kind::ChainTarget => self.nearest_of(&policy.chains, index),
            Kind::Consumer => self.nearest_of(&policy.consumers, index),
            Kind::Budget => self.nearest_of(&policy.budgets, index),
            Kind::Limit => self.nearest_of(&policy.limits, index),
            Kind::McpServer => self.nearest_of(&policy.mcp_servers, index),
            Kind::McpProfile => self.nearest_of(&policy.mcp_profiles, index),
            Kind::Model => {
                if !index.patience.spend(policy.models.len().saturating_add(catalogue::names().count())) {
                    return None;
                }
                let declared = nearest(self.name, policy.models.keys().map(String::as_str));
                let found = match declared {
                    Some(declared) => declared,
                    None => nearest(self.name, catalogue::names())?,
                };
                let place = policy.models.get(found).map(|model| (model.file, model.named.name.span));
                Some((found.to_owned(), place))
            }
        }
    }

    /// The nearest name as this file would write it.
    fn nearest_of<T: Shared>(
        &self,
        table: &Table<'_, T>,
        index: &Index<'_>,
    ) -> Option<(String, Option<(FileId, Span)>)> {
        if !index.patience.spend(table.len()) {
            return None;
        }
        let from = self.holder.owner;
        let usable = table.values().filter(|declared| {
            let is_near_home = declared.owner == from || *declared.owner == Owner::Platform;
            is_near_home || declared.body().is_some_and(Shared::exported)
        });
        let written = |declared: &'_ crate::policy::Declared<'_, T>| {
            if declared.owner == from { declared.named.name.value.clone() } else { declared.name.clone() }
        };
        let usable: Vec<_> = usable.map(|declared| (written(declared), declared)).collect();
        let found = nearest(self.name, usable.iter().map(|(written, _)| written.as_str()))?;
        let (written, declared) = usable.iter().find(|(written, _)| written == found)?;
        Some((written.clone(), Some((declared.file, declared.named.name.span))))
    }

    /// Where something is declared: file, name, and all of it.
    fn place_of(kind: Kind, stable: &str, index: &Index<'_>) -> Option<(FileId, Span, Span)> {
        fn place<T>(table: &Table<'_, T>, stable: &str) -> Option<(FileId, Span, Span)> {
            table.get(stable).map(|declared| (declared.file, declared.named.name.span, declared.named.span))
        }
        let policy = &index.policy;
        match kind {
            Kind::Provider => place(&policy.providers, stable),
            Kind::Credential => place(&policy.credentials, stable),
            Kind::Model => place(&policy.models, stable),
            Kind::Backend => place(&policy.backends, stable),
            Kind::Chain | Kind::ChainTarget => place(&policy.chains, stable),
            Kind::Consumer => place(&policy.consumers, stable),
            Kind::Budget => place(&policy.budgets, stable),
            Kind::Limit => place(&policy.limits, stable),
            Kind::McpServer => place(&policy.mcp_servers, stable),
            Kind::McpProfile => place(&policy.mcp_profiles, stable),
        }
    }
}

/// A text as a value of a syntax: KDL in quotes, YAML in quotes only where it needs them.
pub fn spell(syntax: Syntax, text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(plain);
    let is_keyword = matches!(text, "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n");
    match syntax {
        Syntax::Yaml if is_word && !is_keyword => text.to_owned(),
        Syntax::Yaml | Syntax::Kdl => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
    }
}
