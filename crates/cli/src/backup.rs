//! `pagurus backup account`: one account, from a data directory to a bundle.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use crypto::{SealingKey, SealingKeys};
use identity::Origin;
use migrate::age::Recipient;
use migrate::bundle::{Backed, Backup, Faults, Missing, Why, WithoutLog};
use serde_json::{Value, json};
use syntax::AtIdentifier;
use toml::Table;

use crate::account::find;
use crate::repo_stored::reading;
use crate::serve::clock;
use crate::{backup_plc, output, settings};

/// The exit status if all is well but for blobs that are missing.
pub(crate) const BLOBS_MISSING: u8 = 10;

/// Writes one account to a directory: its repository, its blobs, the log of its identity, and a
/// manifest that the account's key signs. What is there already is added to. A server may use the
/// data meanwhile. The exit status is 0, or 10 if the server lacks blobs that records refer to, or 2
/// if there is no new backup; then what was there before still counts.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The DID or the handle
    account: AtIdentifier,
    /// Where to write: a directory for this account alone
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The data directory; by default that of the settings
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// Who may read preferences, e-mail address and names of app passwords: a public key of age. Can
    /// be given several times. Without, it is as the last time, and the first time they are left out
    #[arg(long, value_name = "AGE1…")]
    recipient: Vec<Recipient>,
    /// The directory of did:plc; by default that of the settings
    #[arg(long, value_name = "URL")]
    plc_url: Option<String>,
    /// Where the world reaches the server; by default as in the settings
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Write everything anew, and hash again what is there: for a bundle that was damaged
    #[arg(long)]
    anew: bool,
    /// With the settings for development
    #[arg(long)]
    dev: bool,
    /// Read settings from this file (TOML)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let said = [
        ("data", &arguments.data),
        ("plc_url", &arguments.plc_url),
        ("public_url", &arguments.public_url),
    ];
    let said = said.into_iter().filter_map(|(name, text)| Some((name, text.as_ref()?)));
    let said = said.map(|(name, text)| (name.to_owned(), toml::Value::String(text.clone())));
    let said = Table::from_iter(said);
    let config = settings::read(arguments.config.as_deref(), arguments.dev, said)?.server;
    let reading = reading(&config.data)?;
    let account = find(&reading, &arguments.account)?;
    let host = match &config.public_url {
        Some(url) => url.clone(),
        None => Origin::parse(&format!("http://localhost:{}", config.listen.port()))?,
    };
    let (plc_log, trouble) = backup_plc::log(&reading, &account.did, &config)?;
    if let Some(trouble) = &trouble {
        output::error(&format!("the log of the identity cannot be had: {trouble:#}"));
    }
    let backup = Backup {
        reading: &reading,
        data: &config.data,
        sealing: &sealing_keys(&config)?,
        clock: &clock(),
        host,
        plc_log,
        recipients: arguments.recipient.clone(),
        anew: arguments.anew,
        faults: Faults::default(),
    };
    let backed = backup.run(&account.did, &arguments.out);
    let backed = backed.with_context(|| arguments.out.display().to_string())?;
    if arguments.json {
        output::json(&shown(&backed));
    } else {
        print(&backed);
    }
    let is_complete = backed.manifest.missing.is_empty();
    Ok(if is_complete { ExitCode::SUCCESS } else { ExitCode::from(BLOBS_MISSING) })
}

/// Returns the keys that open the accounts' keys. None is made here.
fn sealing_keys(config: &server::Config) -> anyhow::Result<SealingKeys> {
    let current = match &config.secrets.sealing_key {
        Some(secret) => SealingKey::from_hex(secret.reveal()).context("secret sealing_key")?,
        None => {
            let path = config.data.join(server::SEALING_KEY_FILE);
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            SealingKey::from_hex(text.trim()).with_context(|| path.display().to_string())?
        }
    };
    let former = config.secrets.former_sealing_keys.iter();
    let former = former.map(|key| SealingKey::from_hex(key.reveal())).collect::<Result<_, _>>();
    Ok(SealingKeys::new(current, former.context("secret former_sealing_keys")?))
}

fn shown(backed: &Backed) -> Value {
    let manifest = &backed.manifest;
    let written: Vec<_> = backed.written.iter().collect();
    json!({
        "did": manifest.did,
        "number": manifest.number,
        "changed": backed.is_changed,
        "rev": manifest.rev,
        "commit": manifest.commit,
        "data": manifest.data,
        "base": manifest.base,
        "written": written,
        "blobsCopied": backed.blobs_copied,
        "blobs": manifest.blobs.count,
        "blobBytes": manifest.blobs.bytes,
        "missing": manifest.missing,
        "plcLog": manifest.plc_log.is_some(),
        "plcLogIsOld": backed.plc_log_is_old,
        "private": manifest.private.is_some(),
    })
}

fn print(backed: &Backed) {
    let manifest = &backed.manifest;
    output::line(&format!("{} at {}, data root {}", manifest.did, manifest.rev, manifest.data));
    for part in &backed.written {
        output::line(&format!("  {:28} {:>10}", part.file, output::bytes(part.size)));
    }
    output::line(&format!(
        "  {:28} {:>10}, {} new of {}",
        "blobs",
        output::bytes(manifest.blobs.bytes),
        backed.blobs_copied,
        manifest.blobs.count
    ));
    if manifest.private.is_none() {
        output::line("note: preferences and e-mail are left out, as no --recipient was named");
    }
    match manifest.without_plc_log {
        Some(WithoutLog::NotPlc) => output::line("note: the identity is no did:plc and has no log"),
        Some(WithoutLog::NoAnswer) => output::line("note: it has no log of the identity"),
        None if backed.plc_log_is_old => {
            output::line("note: the log of the identity is that of an earlier backup");
        }
        None => {}
    }
    print_missing(&manifest.missing);
    output::line(&match backed.is_changed {
        true => format!("backup {} is written", manifest.number),
        false => format!("nothing is new since backup {}", manifest.number),
    });
}

/// Prints blobs that are missing, a line for each.
pub(crate) fn print_missing(missing: &[Missing]) {
    for Missing { cid, path, why } in missing {
        let path = path.as_deref().unwrap_or("a record");
        let why = match why {
            Why::NotUploaded => "the server has not got it",
            Why::FileGone => "the server's file is gone",
            Why::FileDamaged => "the server's file is damaged",
            Why::TakenDown => "the host took it down",
            Why::Unknown => "nobody knows why",
        };
        output::line(&format!("missing: blob {cid} of {path}: {why}"));
    }
}
