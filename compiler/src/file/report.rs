//! The problems of one file as findings.
//!
//! Deliberately only a table: which rule each problem belongs to. The invariant: every problem becomes exactly one
//! finding.
//!
//! Read next: the rules named here, for their words.

use pointsman_schema::read::{Problem, ProblemKind};

use super::FileAnalysis;
use crate::diagnostic::Diagnostic;
use crate::rules::{
    bad_condition, bad_name, duplicate_field, file_too_large, invisible_character, literal_secret,
    malformed_value, missing_field, not_a_glob, out_of_range, possible_secret, unknown_field, unknown_word,
    wrong_type,
};
use crate::source_map::FileId;

impl FileAnalysis {
    /// Everything wrong with the file by itself.
    pub fn findings(&self, file: FileId) -> Vec<Diagnostic> {
        let problems = &self.problems;
        let mut found: Vec<_> = problems.encoding.iter().map(|problem| problem.diagnose(file)).collect();
        found.extend(problems.is_too_large.then(|| file_too_large::diagnostic(file)));
        found.extend(problems.syntax.iter().map(|problem| problem.diagnose(file)));
        found.extend(problems.shape.iter().map(|problem| self.shape(file, problem)));
        found.extend(problems.secrets.iter().map(|secret| {
            let words =
                if secret.is_certain() { literal_secret::diagnostic } else { possible_secret::diagnostic };
            words(file, *secret)
        }));
        found.extend(problems.invisible.iter().map(|found| invisible_character::diagnostic(file, found)));
        found.extend(problems.names.iter().map(|name| bad_name::declared(file, name)));
        found
    }

    fn shape(&self, file: FileId, problem: &Problem) -> Diagnostic {
        let span = problem.span;
        match &problem.kind {
            ProblemKind::UnknownField { field, object, known } => {
                unknown_field::diagnostic((file, span), (self.syntax, field), object, known)
            }
            ProblemKind::MissingField { field, object } => {
                missing_field::diagnostic((file, span), self.syntax, field, object)
            }
            ProblemKind::DuplicateField { field, first } => {
                duplicate_field::diagnostic((file, span), field, *first)
            }
            ProblemKind::RepeatedPredicate { predicate, first } => {
                duplicate_field::predicate((file, span), predicate, *first)
            }
            ProblemKind::WrongType { expected, found } => {
                wrong_type::diagnostic((file, span), self.syntax, expected, found)
            }
            ProblemKind::UnknownWord { word, known } => {
                unknown_word::diagnostic((file, span), self.syntax, word, known)
            }
            ProblemKind::OutOfRange { what, value, bounds } => {
                out_of_range::diagnostic((file, span), what, value, bounds)
            }
            ProblemKind::BadCondition { found, help } => bad_condition::diagnostic((file, span), found, help),
            ProblemKind::NotAGlob { text } => not_a_glob::diagnostic((file, span), text),
            ProblemKind::Malformed { expected: "a name", why, .. } => bad_name::used((file, span), why),
            ProblemKind::Malformed { expected, why, .. } => {
                malformed_value::diagnostic((file, span), expected, why)
            }
        }
    }
}
