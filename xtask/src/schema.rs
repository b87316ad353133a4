//! `cargo xtask schema`: the JSON Schema files, from the types that read policies.
//!
//! Deliberately no schema of its own: `pointsman_schema::json_schema` has them, this only writes. The invariant: a
//! file's text is the schema with two spaces a level and a line break at its end.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use pointsman_schema::json_schema::files;

/// Where the files are kept, relative to the repository.
const FOLDER: &str = "schema/json";

/// Writes the files.
pub(crate) fn write() -> io::Result<bool> {
    fs::create_dir_all(FOLDER)?;
    for (name, schema) in files() {
        fs::write(Path::new(FOLDER).join(name), text(&schema)?)?;
    }
    Ok(true)
}

/// Says which files are not what would be written, and whether there is none.
pub(crate) fn check() -> io::Result<bool> {
    let mut current = true;
    for (name, schema) in files() {
        let path = Path::new(FOLDER).join(name);
        if fs::read_to_string(&path).ok() != Some(text(&schema)?) {
            writeln!(io::stdout(), "{}: not current; run `cargo xtask schema`", path.display())?;
            current = false;
        }
    }
    Ok(current)
}

fn text(schema: &serde_json::Value) -> io::Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(schema)?))
}
