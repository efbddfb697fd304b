//! `pagurus restore check`: whether a bundle is what was written.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use crypto::PublicKey;
use migrate::bundle::{Report, Trust, Verdict, check as check_bundle};
use repo::car::Spool;
use serde_json::{Value, json};

use crate::backup::{BLOBS_MISSING, print_missing};
use crate::output;

/// How many bytes of blocks stay in memory before they go to a temporary file.
const MEMORY_BYTES_MAX: usize = 32 << 20;
/// The exit status if anything is damaged.
const DAMAGED: u8 = 30;

/// Reads a bundle as a restore would: hashes each part and each blob, puts the repository together,
/// walks it down to each record, and looks for the blobs that records refer to. Nothing is written.
/// The exit status is 0 if all is there, 10 if all is whole but blobs are missing, 30 if anything is
/// damaged, and 2 if it could not be checked.
#[derive(clap::Args)]
pub(crate) struct CheckArguments {
    /// The directory of the bundle
    directory: PathBuf,
    /// Checks that the bundle is signed by this key, given as did:key:z…; by default it has to be one
    /// that the bundle's log of the identity has
    #[arg(long, value_name = "DID-KEY")]
    key: Option<PublicKey>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn check(arguments: &CheckArguments) -> anyhow::Result<ExitCode> {
    let open: fn() -> io::Result<_> = tempfile::tempfile;
    let spool = Spool::new(MEMORY_BYTES_MAX, open);
    let report = check_bundle(&arguments.directory, arguments.key.as_ref(), spool);
    let report = report.with_context(|| arguments.directory.display().to_string())?;
    if arguments.json {
        output::json(&shown(&report));
    } else {
        print(&report);
    }
    Ok(match report.verdict() {
        Verdict::Whole => ExitCode::SUCCESS,
        Verdict::BlobsMissing => ExitCode::from(BLOBS_MISSING),
        Verdict::Damaged => ExitCode::from(DAMAGED),
    })
}

fn shown(report: &Report) -> Value {
    let verdict = match report.verdict() {
        Verdict::Whole => "whole",
        Verdict::BlobsMissing => "blobsMissing",
        Verdict::Damaged => "damaged",
    };
    let signature = report.trust.map(|trust| match trust {
        Trust::Given => "given",
        Trust::InForce => "inForce",
        Trust::Former => "former",
        Trust::OwnWord => "ownWord",
    });
    let damage = report.damage.iter().map(|one| json!({"part": one.part, "what": one.what}));
    let mut shown = json!({
        "verdict": verdict,
        "signature": signature,
        "records": report.records,
        "blobs": report.blobs,
        "missing": report.missing,
        "damage": damage.collect::<Vec<_>>(),
    });
    if let Some(manifest) = &report.manifest {
        shown["did"] = json!(manifest.did);
        shown["created"] = json!(manifest.created);
        shown["rev"] = json!(manifest.rev);
        shown["commit"] = json!(manifest.commit);
        shown["data"] = json!(manifest.data);
        shown["parts"] = json!(manifest.repo.len());
        shown["plcLog"] = json!(manifest.plc_log.is_some());
        shown["private"] = json!(manifest.private.is_some());
    }
    shown
}

fn print(report: &Report) {
    if let Some(manifest) = &report.manifest {
        output::line(&format!("{} at {}, data root {}", manifest.did, manifest.rev, manifest.data));
        output::line(&format!("  of {}, from {}", manifest.created.as_str(), manifest.host));
        let files = manifest.repo.len();
        let files = if files == 1 { "1 file".to_owned() } else { format!("{files} files") };
        output::line(&format!("  records  {} in {files}", report.records));
        let bytes = output::bytes(manifest.blobs.bytes);
        output::line(&format!("  blobs    {} of {}, {bytes}", report.blobs, manifest.blobs.count));
        if manifest.private.is_none() {
            output::line("note: preferences and e-mail are not in it");
        }
    }
    match report.trust {
        Some(Trust::Former) => {
            output::line("note: it is signed by a key that the identity does not have any more");
        }
        Some(Trust::OwnWord) => output::line(
            "note: whose key has signed it is not known: it has no log of the identity, and no \
             --key was given",
        ),
        Some(Trust::Given | Trust::InForce) | None => {}
    }
    print_missing(&report.missing);
    for damage in &report.damage {
        output::line(&format!("damaged: {}: {}", damage.part, damage.what));
    }
    output::line(match report.verdict() {
        Verdict::Whole => "whole",
        Verdict::BlobsMissing => "whole, but for blobs that are missing",
        Verdict::Damaged => "DAMAGED",
    });
}
