//! Writes the generated sources anew: `cargo run -p pagurus-lexicon --example codegen`.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pagurus_lexicon::codegen;
use pagurus_lexicon::schema::Document;

fn main() -> Result<(), Box<dyn Error>> {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let source_dir = crate_dir.join("src");
    let mut documents = Vec::new();
    for path in json_files(&crate_dir.join("../../lexicons"))? {
        let document = Document::parse(&fs::read_to_string(&path)?);
        documents.push(document.map_err(|err| format!("{}: {err}", path.display()))?);
    }
    // Everything is generated before anything is removed.
    let files = codegen::generate(&documents)?;
    let generated = source_dir.join("generated");
    if generated.exists() {
        fs::remove_dir_all(&generated)?;
    }
    let mut paths = Vec::new();
    for (path, text) in files {
        let path = source_dir.join(path);
        fs::create_dir_all(path.parent().ok_or("a file has a directory")?)?;
        fs::write(&path, text)?;
        paths.push(path);
    }
    let status = Command::new("rustfmt").args(["--edition", "2024"]).args(&paths).status()?;
    if status.success() { Ok(()) } else { Err("rustfmt did not take the generated text".into()) }
}

/// Returns the paths of the schema documents below a directory.
fn json_files(dir: &Path) -> Result<Vec<PathBuf>, std::io::Error> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(json_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
    Ok(files)
}
