//! `pagurus migrate leave`: whether an account can leave its old host for good.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, ensure};
use identity::Origin;
use migrate::host::{Host, Owner};
use migrate::job::{Finding, Level};
use migrate::leaving::{Checklist, Leaving, View};
use serde_json::json;
use syntax::{AtIdentifier, Did};

use crate::exit::{FAILED, PERSON_NEEDED};
use crate::migrate::plan::with_factor;
use crate::output;
use crate::rescue::network;
use crate::secret::Password;
use crate::settings::environment;

const OLD_PASSWORD: &str = "PAGURUS_OLD_PASSWORD";
const NEW_PASSWORD: &str = "PAGURUS_NEW_PASSWORD";

/// Reads all records and files at the new host, whatever it counts, and compares them with those at the
/// old one. Nothing is changed. Any software may run the two hosts.
///
/// The exit status is 0 if all is there and nothing is left to do, 10 if you have to do or to look at
/// something, 30 if the old account is still needed, 2 if the command could not be carried out.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The old host
    #[arg(long, value_name = "URL")]
    from: Origin,
    /// The new host
    #[arg(long, value_name = "URL")]
    to: Origin,
    /// The DID or the handle of the account
    #[arg(long, value_name = "ACCOUNT")]
    account: AtIdentifier,
    /// A file with the main password at the old host; otherwise it may be in PAGURUS_OLD_PASSWORD.
    /// Without it, what the old host shows to everybody is looked at, which is little once the account
    /// is closed there
    #[arg(long, value_name = "FILE")]
    old_password_file: Option<PathBuf>,
    /// The code that the old host has mailed to let you sign in, if it wants one
    #[arg(long, value_name = "CODE")]
    auth_factor_token: Option<String>,
    /// A file with the password at the new host; otherwise it may be in PAGURUS_NEW_PASSWORD. It is
    /// needed while the account is not open there
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
    /// The directory of did:plc
    #[arg(long, value_name = "URL", default_value = "https://plc.directory")]
    plc_url: Origin,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// A password that may be given.
struct MayBe<'a> {
    file: Option<&'a Path>,
    option: &'static str,
    variable: &'static str,
    factor: Option<&'a str>,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { from, to, account, .. } = arguments;
    ensure!(from != to, "the old host and the new one are the same");
    let network = network(vec![from.clone(), to.clone()], &arguments.plc_url);
    let host = |origin: &Origin| Host::new(network.http.clone(), origin.clone());
    let old = MayBe {
        file: arguments.old_password_file.as_deref(),
        option: "--old-password-file",
        variable: OLD_PASSWORD,
        factor: arguments.auth_factor_token.as_deref(),
    };
    let new = MayBe {
        file: arguments.new_password_file.as_deref(),
        option: "--new-password-file",
        variable: NEW_PASSWORD,
        factor: None,
    };
    let old = old.owner(host(from), account).await?;
    let did: Did = match (account, &old) {
        (AtIdentifier::Did(did), _) => did.clone(),
        (AtIdentifier::Handle(_), Some(owner)) => owner.did().clone(),
        (AtIdentifier::Handle(handle), None) => {
            let did = network.resolver.did_of(handle).await;
            did.with_context(|| format!("{handle} leads to no account: name its DID"))?
        }
    };
    let new = new.owner(host(to), &AtIdentifier::Did(did.clone())).await?;
    for owner in old.iter().chain(&new) {
        let at = owner.host().origin();
        ensure!(*owner.did() == did, "the account at {at} is {}, not {did}", owner.did());
    }
    let view = |owner: Option<Owner>, origin: &Origin| match owner {
        Some(owner) => View::of_owner(owner),
        None => View::of_anybody(host(origin)),
    };
    let (old, new) = (view(old, from), view(new, to));
    let (plc, resolver) = (&network.plc, &network.resolver);
    let found = Leaving { did: &did, from: &old, to: &new, plc, resolver }.look().await;
    for view in [&old, &new] {
        if let Err(error) = view.sign_out().await {
            output::error(&format!("the session at {} stays: {error}", view.origin()));
        }
    }
    show(&found, arguments.json);
    Ok(status(&found.findings))
}

impl MayBe<'_> {
    /// Signs in, if there is a password.
    async fn owner(&self, host: Host, account: &AtIdentifier) -> anyhow::Result<Option<Owner>> {
        if self.file.is_none() && environment(self.variable).is_none() {
            return Ok(None);
        }
        let at = host.origin().clone();
        let password = Password {
            name: &format!("password of {account} at {at}"),
            file: self.file,
            option: self.option,
            variable: self.variable,
        };
        let password = password.read()?;
        let name = account.to_string();
        let signed_in =
            with_factor(self.factor, async |factor| host.sign_in(&name, &password, factor).await);
        let signed_in = signed_in.await.with_context(|| format!("signing in at {at}"))?;
        Ok(Some(Owner::new(host, signed_in.did, signed_in.session)))
    }
}

fn show(found: &Checklist, as_json: bool) {
    if as_json {
        output::json(&json!(found));
        return;
    }
    output::line(&format!("{} from {} to {}", found.did, found.from, found.to));
    for (level, name) in [(Level::Green, "green"), (Level::Yellow, "yellow"), (Level::Red, "red")] {
        for finding in found.findings.iter().filter(|finding| finding.level == level) {
            output::line(&format!("{name:7} {}", finding.text));
        }
    }
    for next in &found.advice.next {
        output::line(&format!("next    {next}"));
    }
}

fn status(findings: &[Finding]) -> ExitCode {
    match findings.iter().map(|finding| finding.level).max() {
        Some(Level::Red) => ExitCode::from(FAILED),
        Some(Level::Yellow) => ExitCode::from(PERSON_NEEDED),
        Some(Level::Green) | None => ExitCode::SUCCESS,
    }
}
