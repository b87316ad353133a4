//! The justfile is a menu: short enough to read, and each dish described.

use super::{
    Finding,
    tree::{Tree, numbered},
};

/// **Unit**: recipes of the justfile.
const RECIPES_MAX: usize = 15;

/// Finds a menu that is too long and recipes without a comment.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(text) = tree.get(MENU) else {
        return vec![Finding::new(MENU, 1, "there is no menu of commands")];
    };
    let mut findings = Vec::new();
    let (mut described, mut recipes) = (false, 0);
    for (number, line) in numbered(text) {
        if let Some(name) = recipe(line) {
            recipes += 1;
            if !described {
                findings.push(Finding::new(
                    MENU,
                    number,
                    format!("the recipe `{name}` has no comment above it"),
                ));
            }
            if recipes == RECIPES_MAX + 1 {
                findings.push(Finding::new(
                    MENU,
                    number,
                    format!("more than {RECIPES_MAX} recipes are not a menu"),
                ));
            }
        }
        // An attribute may stand between the comment and its recipe.
        described = line.starts_with('#') || (described && line.starts_with('['));
    }
    findings
}

/// The name of the recipe that a line begins, if it does.
fn recipe(line: &str) -> Option<&str> {
    let name = line.split([' ', ':']).next()?.trim_start_matches('@');
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
    let head = line.split_once(':')?.1;
    let begins = !name.is_empty() && name.chars().all(is_name) && !head.starts_with('=');
    (begins && !matches!(name, "set" | "alias" | "export" | "import" | "mod")).then_some(name)
}

const MENU: &str = "justfile";

#[cfg(test)]
mod tests {
    use super::super::check_tree;
    use super::*;

    #[test]
    fn recipes_are_few_and_described() {
        let good = "set shell := [\"bash\"]\nname := \"x\"\n\n# All of it.\n[private]\ntest *ARGS:\n    ci/test {{ARGS}}\n";
        check_tree(check, &[(MENU, good)], &[]);
        let bare = "# One.\na:\n  x\nb: a\n  y: z\n";
        check_tree(check, &[(MENU, bare)], &["justfile:4: the recipe `b` has no comment above it"]);
        let long = "# It.\nrun:\n".repeat(16);
        check_tree(check, &[(MENU, &long)], &["justfile:32: more than 15 recipes are not a menu"]);
        check_tree(check, &[], &["justfile:1: there is no menu of commands"]);
    }
}
