//! `pagurus migrate report verify`: whether what a report says is still so.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use crypto::PublicKey;
use identity::Origin;
use migrate::host::Host;
use migrate::live::{Found, Witnesses};
use migrate::report::{SignatureError, SignedReport, recheck};
use serde_json::json;

use crate::exit::{FAILED, LATER};
use crate::output;
use crate::rescue::network;
use crate::serve::clock;

/// Looks at everything again that a report says, at the hosts and the directory themselves: reads and
/// hashes all records and blobs, and checks the signatures. What the account has done since is no
/// fault. The exit status is 0 if nothing is wrong, 20 if somebody could not be asked, 30 if something
/// is wrong, and 2 if the file is not a report.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The report
    file: PathBuf,
    /// Another key that may have signed it, given as did:key:z…: that of a did:web keeps no history
    #[arg(long, value_name = "DID-KEY")]
    key: Vec<PublicKey>,
    /// The directory of did:plc
    #[arg(long, value_name = "URL", default_value = "https://plc.directory")]
    plc_url: Origin,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let of_file = || arguments.file.display().to_string();
    let bytes = fs::read(&arguments.file).with_context(of_file)?;
    let signed = SignedReport::decode(&bytes).with_context(of_file)?;
    let report = signed.report();
    let hosts = report.hosts.from.iter().chain([&report.hosts.to]);
    let network = network(hosts.cloned().collect(), &arguments.plc_url);
    let [to, from] = [Some(&report.hosts.to), report.hosts.from.as_ref()]
        .map(|origin| origin.map(|origin| Host::new(network.http.clone(), origin.clone())));
    let witnesses = Witnesses {
        to: to.as_ref().context("the report names no host")?,
        from: from.as_ref(),
        plc: &network.plc,
        resolver: &network.resolver,
        clock: &clock(),
    };
    let mut found = witnesses.look(report).await;
    found.keys.extend(&arguments.key);
    let signature = signed.verify_signature(&found.keys);
    Ok(show(&signed, &found, signature, arguments.json))
}

fn show(
    signed: &SignedReport,
    found: &Found,
    signature: Result<PublicKey, SignatureError>,
    as_json: bool,
) -> ExitCode {
    let checked = recheck(signed.report(), &found.live);
    // Without the keys of the identity nobody knows whose a signature is.
    let is_known = !found.keys.is_empty();
    let (word, is_wrong) = match signature {
        Ok(_) => ("holds", false),
        Err(SignatureError::Wrong) => ("does not hold", true),
        Err(SignatureError::OtherKey(_)) if is_known => ("is by a stranger", true),
        Err(SignatureError::OtherKey(_)) => ("is of a key that nobody could be asked about", false),
    };
    if as_json {
        let troubles = found.troubles.iter();
        let troubles: Vec<_> =
            troubles.map(|one| json!({ "part": one.part, "why": one.why })).collect();
        output::json(&json!({
            "did": signed.report().did,
            "signature": word,
            "at": checked.at,
            "holds": checked.holds,
            "changed": checked.changed,
            "faults": checked.faults,
            "unchecked": checked.unchecked,
            "troubles": troubles,
        }));
    } else {
        output::line(&format!("signature {word}"));
        output::line(checked.to_text().trim_end());
        for trouble in &found.troubles {
            output::line(&format!("not looked at: {}: {}", trouble.part, trouble.why));
        }
    }
    if is_wrong || !checked.is_sound() {
        ExitCode::from(FAILED)
    } else if found.troubles.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(LATER)
    }
}
