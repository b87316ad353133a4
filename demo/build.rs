//! Puts the files of `policies-example/` into the program, so that the demo needs nothing but itself.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("../policies-example");
    let mut paths = Vec::new();
    collect(&root, &mut paths)?;
    paths.sort();
    let mut list = String::from("&[\n");
    for path in paths {
        let relative = path.strip_prefix(&root)?.to_string_lossy().replace('\\', "/");
        writeln!(list, "    ({relative:?}, include_str!({:?})),", path.to_string_lossy())?;
    }
    list.push_str("]\n");
    fs::write(PathBuf::from(std::env::var("OUT_DIR")?).join("example_files.rs"), list)?;
    Ok(())
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    rerun_when_changed(folder);
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else {
            rerun_when_changed(&path);
            paths.push(path);
        }
    }
    Ok(())
}

fn rerun_when_changed(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
}
