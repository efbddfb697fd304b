//! `pagurus reclaim`: an identity that somebody has led to another host is led back, with a key of its
//! owner's that stays on this machine.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use identity::Origin;
use identity::plc::DidKey;
use migrate::reclaim::{self, Reclaim};
use serde_json::json;
use syntax::Did;
use tokio::runtime::Runtime;

use crate::migrate::approve::consent;
use crate::serve::clock;
use crate::{client, output, secret, terminal};

/// Leads an identity back to a host at which the account was, when somebody else has led it away. It
/// takes a rotation key of a higher rank than the one that did that, within 72 hours; later, or with
/// another, only one that the identity still has. Servers of this kind open the account again by
/// themselves.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Whose identity it is
    did: Did,
    /// The host that the account is at
    #[arg(long, value_name = "URL")]
    host: Origin,
    /// A rotation key of the identity, as multibase text or in hexadecimal digits. It signs here and
    /// goes nowhere
    #[arg(long, value_name = "FILE")]
    rotation_key_file: PathBuf,
    /// A rotation key that loses its right. Can be given several times
    #[arg(long, value_name = "DID-KEY")]
    drop_key: Vec<crypto::PublicKey>,
    /// The directory of did:plc
    #[arg(long, value_name = "URL", default_value = "https://plc.directory")]
    plc_url: Origin,
    /// Change the identity without asking
    #[arg(long)]
    yes: bool,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let runtime = Runtime::new().context("no threads to run on")?;
    runtime.block_on(lead_back(arguments))
}

async fn lead_back(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { did, host, plc_url, .. } = arguments;
    let key = secret::private_key(&arguments.rotation_key_file)?;
    let directory = client::directory(plc_url);
    let log = directory.audited_log(did).await.with_context(|| plc_url.to_string())?;
    let drop: Vec<DidKey> = arguments.drop_key.iter().map(DidKey::from).collect();
    let found = reclaim::reclaim(did, &log, host, &key, &drop, clock().now_ms())?;
    if !arguments.json {
        show(&found);
    }
    if !arguments.dry_run {
        if !arguments.yes {
            ensure!(terminal::has_person(), "nobody is here to agree: look at it, and say --yes");
            consent("To change the identity, type its DID", did.as_str())?;
        }
        let sent = directory.submit(did, &found.operation).await;
        // The log, not what was answered: an answer may be lost.
        let last = directory.last_operation(did).await.with_context(|| plc_url.to_string())?;
        if last.cid() != found.operation.cid() {
            sent.with_context(|| plc_url.to_string())?;
            anyhow::bail!("the directory does not show the operation: try again");
        }
    }
    if arguments.json {
        let differences: Vec<String> = found.differences.iter().map(ToString::to_string).collect();
        output::json(&json!({
            "operation": found.operation,
            "cid": found.operation.cid(),
            "differences": differences,
            "takenBack": found.taken_back,
            "submitted": !arguments.dry_run,
        }));
    } else if !arguments.dry_run {
        output::line(&format!("{did} says again that the account is at {host}."));
    }
    Ok(ExitCode::SUCCESS)
}

fn show(found: &Reclaim) {
    for difference in &found.differences {
        output::line(&difference.to_string());
    }
    for cid in &found.taken_back {
        output::line(&format!("{cid} is taken back"));
    }
}
