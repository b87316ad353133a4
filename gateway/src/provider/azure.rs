//! OpenAI's API, by Azure: other addresses, and words of its own in errors and streams.
//!
//! With a version, a deployment stands in the path and whatever the body calls the model means nothing; without one, the
//! paths are those of Azure's v1, which are OpenAI's. Requests, answers and streams are OpenAI's: [`super::openai`].
//! **Source**: "Azure OpenAI in Azure AI Foundry Models REST API reference" for version 2024-10-21 and for v1.

use super::place::segment;
use crate::operation::Operation;

/// Path and query of an operation.
///
/// A base that already ends in a part of the path is taken as well: people copy what the portal shows.
pub(super) fn path(base: &str, model: &str, version: Option<&str>, operation: Operation) -> String {
    let resource = ["/openai/v1", "/openai"].into_iter().find_map(|tail| base.strip_suffix(tail));
    let resource = resource.unwrap_or(base);
    let tail = operation.tail();
    match version {
        None => format!("{resource}/openai/v1{tail}"),
        // Responses are kept beside the deployments, and their bodies name one.
        Some(version) if operation == Operation::Responses => {
            format!("{resource}/openai{tail}?api-version={version}")
        }
        Some(version) => {
            format!("{resource}/openai/deployments/{}{tail}?api-version={version}", segment(model))
        }
    }
}

/// Whether an error says that nothing is deployed under a name, or that a version of the API has no such path: both are
/// the policy's, and no client's.
pub(super) fn is_misplaced(code: &str, message: &str) -> bool {
    code == "DeploymentNotFound" || (code == "404" && message.starts_with("Resource not found"))
}

/// The inner code of an error that a content filter is the cause of.
pub(super) const FILTERED: &str = "ResponsibleAIPolicyViolation";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(base: &str, version: Option<&str>, operation: Operation, expected: &str) {
        assert_eq!(path(base, "gpt 4o/eu", version, operation), expected);
    }

    #[test]
    fn a_deployment_stands_in_the_path_where_a_version_is_asked_for() {
        let version = Some("2024-10-21");
        let chat = "/openai/deployments/gpt%204o%2Feu/chat/completions?api-version=2024-10-21";
        check("", version, Operation::Chat, chat);
        check("/openai", version, Operation::Chat, chat);
        check("/openai/v1", version, Operation::Chat, chat);
        check("/west", version, Operation::Chat, &format!("/west{chat}"));
        let embeddings = "/openai/deployments/gpt%204o%2Feu/embeddings?api-version=2024-10-21";
        check("", version, Operation::Embeddings, embeddings);
        check("", version, Operation::Responses, "/openai/responses?api-version=2024-10-21");
    }

    #[test]
    fn without_a_version_paths_are_those_of_v1() {
        check("", None, Operation::Chat, "/openai/v1/chat/completions");
        check("/openai/v1", None, Operation::Responses, "/openai/v1/responses");
        check("/west/openai", None, Operation::Speech, "/west/openai/v1/audio/speech");
    }
}
