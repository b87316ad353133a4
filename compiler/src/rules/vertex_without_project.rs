//! `vertex-without-project`: a provider of Vertex AI whose address does not say in which project and location.
//!
//! Deliberately only words: whether there is such a project, Google knows. Invariant: the path that a request is sent
//! to follows from the policy alone.
//!
//! Read next: [`crate::check`], which calls it for every provider.

use pointsman_schema::protocol::ProviderProtocol;
use pointsman_schema::source::Provider;

use crate::diagnostic::{Diagnostic, Diagnostics, Label};
use crate::index::Index;
use crate::policy::Declared;
use crate::rule::{Rule, Severity};
use crate::shown::visible;

/// The rule.
pub const RULE: Rule = Rule {
    slug: "vertex-without-project",
    severity: Severity::Error,
    summary: "the address of a `vertex` provider does not end in a project and a location",
    page: include_str!("../../../docs/rules/vertex-without-project.md"),
};

/// Reports an address of Vertex AI that does not end in `/projects/PROJECT/locations/LOCATION`.
pub fn check(index: &Index<'_>, declared: &Declared<'_, Provider>, body: &Provider, sink: &mut Diagnostics) {
    let is_vertex = body.protocol.value == ProviderProtocol::Vertex;
    if !is_vertex
        || has_project(&body.base_url.value.path)
        || index.is_spoiled(declared.file, declared.named.span)
    {
        return;
    }
    sink.push(
        Diagnostic::new(
            &RULE,
            format!("the address of provider `{}` names no project", visible(&declared.name)),
            Label::new(
                declared.file,
                body.base_url.span,
                "expected it to end in `/projects/PROJECT/locations/LOCATION`",
            ),
        )
        .context(Label::new(declared.file, body.protocol.span, "Vertex AI is asked for a project's models"))
        .consequence("so every request would be refused as one to nowhere")
        .help("write `https://LOCATION-aiplatform.googleapis.com/v1/projects/PROJECT/locations/LOCATION`"),
    );
}

fn has_project(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let ending = [parts.next(), parts.next(), parts.next(), parts.next()];
    matches!(ending, [Some(location), Some("locations"), Some(project), Some("projects")]
        if !location.is_empty() && !project.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_and_a_location_end_the_path() {
        let good = ["/v1/projects/p/locations/l", "/projects/p-1/locations/europe-west1"];
        assert_eq!(good.map(has_project), [true; 2]);
        let bad = ["", "/v1", "/v1/projects/p", "/v1/projects/p/locations", "/v1/projects//locations/l"];
        assert_eq!(bad.map(has_project), [false; 5]);
        assert!(!has_project("/v1/projects/p/locations/l/publishers"));
    }
}
