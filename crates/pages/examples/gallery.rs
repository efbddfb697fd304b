//! Writes every page in several states to a folder, with the files that pages need beside them, to be
//! looked at and checked:
//!
//! ```sh
//! cargo run -p pagurus-pages --example gallery -- FOLDER
//! ```

#[path = "gallery/samples.rs"]
mod samples;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use pagurus_pages::{CONTENT_SECURITY_POLICY, Lang, Look, Page};
use samples::{Samples, Words};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).ok_or("which folder?")?;
    let look = samples::look();
    for asset in look.assets.all() {
        write(&folder.join(asset.path().trim_start_matches('/')), asset.bytes())?;
    }
    fs::write(folder.join("content-security-policy.txt"), CONTENT_SECURITY_POLICY)?;
    let plain = Look::new("pds.example.com");
    for (kind, look, lang, words) in [
        ("english", &look, Lang::English, Words::plain()),
        ("french", &look, Lang::French, Words::plain()),
        ("long", &plain, Lang::French, Words::long()),
        ("hostile", &plain, Lang::English, Words::hostile()),
        ("rtl", &plain, Lang::English, Words::right_to_left()),
    ] {
        let mut failure = None;
        let mut show = |name: &str, page: &dyn Page| {
            let path = folder.join(kind).join(format!("{name}.html"));
            failure = failure.take().or(write(&path, page.render().as_bytes()).err());
        };
        Samples { look, lang, words: &words }.each(&mut show);
        if let Some(error) = failure {
            return Err(error.into());
        }
    }
    // What the pages of the plain look need.
    for asset in plain.assets.all() {
        write(&folder.join(asset.path().trim_start_matches('/')), asset.bytes())?;
    }
    Ok(())
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, bytes)
}
