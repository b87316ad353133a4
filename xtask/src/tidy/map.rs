//! ARCHITECTURE.md is a map of the whole country: every crate is on it.

use super::{Finding, tree::Tree};

/// Finds crates that the map does not name by their folder.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(map) = tree.get(MAP) else {
        return vec![Finding::new(MAP, 1, "there is no map of the crates")];
    };
    tree.packages()
        .filter(|(folder, _)| !map.contains(&format!("`{folder}`")) && !map.contains(&format!("`{folder}/`")))
        .map(|(folder, _)| Finding::new(MAP, 1, format!("the map does not name the crate `{folder}/`")))
        .collect()
}

const MAP: &str = "ARCHITECTURE.md";

#[cfg(test)]
mod tests {
    use super::super::check_tree;
    use super::*;

    #[test]
    fn each_crate_is_on_the_map() {
        let crates =
            [("a/Cargo.toml", "[package]"), ("b/Cargo.toml", "[package]"), ("c/Cargo.toml", "[workspace]")];
        let with = |map| [&crates[..], &[(MAP, map)]].concat();
        check_tree(check, &with("`a/` and `b`"), &[]);
        check_tree(check, &with("`a/` and b/"), &["ARCHITECTURE.md:1: the map does not name the crate `b/`"]);
        check_tree(check, &crates, &["ARCHITECTURE.md:1: there is no map of the crates"]);
    }
}
