//! `pagurus repo import-check`: what a server would make of a CAR file that is brought to it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use repo::archive::{ArchiveError, Part};
use repo::data::{Limits, blob, cbor};
use serde_json::json;
use syntax::{Cid, Did};

use crate::output;
use crate::repo_file::read;

/// Says whether a repository can be brought to a server as this account's, and what comes with it:
/// how many records, which of them are unusual and kept as they are, and how many blobs have to be
/// brought besides. The exit status is 0 if it can, 1 if it cannot, and 2 if the file cannot be read.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The CAR file, or `-` for standard input
    file: PathBuf,
    /// Whose account it is to be
    #[arg(long)]
    did: Did,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// What was found in a file.
#[derive(Default)]
struct Found {
    records: u64,
    blobs: BTreeSet<Cid>,
    /// Records that are kept as they are although they could not be written today.
    unusual: Vec<String>,
    problems: Vec<String>,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut found = Found::default();
    match read(&arguments.file)? {
        Err(error) => found.problems.push(error.to_string()),
        Ok(mut archive) => {
            if archive.commit().did() != &arguments.did {
                found.problems.push(format!("repository is that of {}", archive.commit().did()));
            }
            let walked = archive.walk(|part| {
                if let Part::Record { key, bytes, .. } = part {
                    found.take(key.as_str(), bytes);
                }
                Ok::<_, ArchiveError>(())
            });
            found.problems.extend(walked.err().map(|error| error.to_string()));
        }
    }
    found.show(arguments.json);
    let can_be = found.problems.is_empty();
    Ok(if can_be { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Found {
    fn take(&mut self, path: &str, bytes: &[u8]) {
        self.records += 1;
        match cbor::decode_lenient(bytes, &Limits::FOREIGN) {
            Ok(record) => self.blobs.extend(blob::find(&record.value).iter().map(|blob| blob.cid)),
            Err(error) => return self.unusual.push(format!("{path}: {error}")),
        }
        if let Err(error) = cbor::decode(bytes, &Limits::RECORD) {
            self.unusual.push(format!("{path}: {error}"));
        }
    }

    fn show(&self, as_json: bool) {
        if as_json {
            return output::json(&json!({
                "importable": self.problems.is_empty(),
                "records": self.records,
                "blobs": self.blobs.len(),
                "unusual": self.unusual,
                "problems": self.problems,
            }));
        }
        output::line(&format!("records  {}", self.records));
        output::line(&format!("blobs    {} to be brought besides", self.blobs.len()));
        self.unusual.iter().for_each(|text| output::line(&format!("note: {text}")));
        self.problems.iter().for_each(|text| output::line(&format!("problem: {text}")));
        let verdict =
            if self.problems.is_empty() { "can be imported" } else { "CANNOT be imported" };
        output::line(verdict);
    }
}
