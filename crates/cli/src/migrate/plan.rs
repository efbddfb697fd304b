//! `pagurus migrate plan`: what a move would meet.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use identity::Origin;
use identity::plc::DidKey;
use lexicon::Method;
use lexicon::social::pagurus::migration::plan_move::{Input, Output, PlanMove};
use migrate::host::{Host, HostError};
use serde_json::json;
use syntax::{AtIdentifier, Handle};
use zeroize::Zeroizing;

use crate::exit::FAILED;
use crate::migrate::shown;
use crate::secret::Password;
use crate::{client, output, terminal};

/// Who moves, and from where to where.
#[derive(clap::Args)]
pub(crate) struct Leaving {
    /// The DID, or the handle that the account has at the old host
    #[arg(long, visible_alias = "from-account", value_name = "ACCOUNT")]
    pub(crate) account: AtIdentifier,
    /// The new host
    #[arg(long, value_name = "URL")]
    pub(crate) to: Origin,
    /// The old host; by default the one that the identity names
    #[arg(long, value_name = "URL")]
    pub(crate) from: Option<Origin>,
    /// The e-mail address at the new host; by default the one at the old host
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// The code that invites the account
    #[arg(long, value_name = "CODE")]
    pub(crate) invite_code: Option<String>,
    /// The public half of a rotation key of yours, to be added to your identity: did:key:z…
    #[arg(long, value_name = "DID-KEY", value_parser = own_key)]
    pub(crate) own_key: Option<DidKey>,
    /// A file with the main password at the old host; otherwise it is in PAGURUS_OLD_PASSWORD, or
    /// asked for
    #[arg(long, value_name = "FILE")]
    pub(crate) old_password_file: Option<PathBuf>,
    /// The code that the old host has mailed to let you sign in, if it wants one
    #[arg(long, value_name = "CODE")]
    pub(crate) auth_factor_token: Option<String>,
}

/// The exit status is 0 if nothing keeps the move from beginning, 30 if something does.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    leaving: Leaving,
    /// The handle that the account will have
    #[arg(long, value_name = "HANDLE")]
    handle: Option<Handle>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let leaving = &arguments.leaving;
    let password = leaving.password()?;
    let handle = arguments.handle.as_ref();
    let plan = with_factor(leaving.auth_factor_token.as_deref(), async |factor| {
        leaving.plan(&password, factor, handle).await
    });
    let plan = plan.await.with_context(|| format!("planMove at {}", leaving.to))?;
    show(&plan, arguments.json);
    Ok(if shown::is_red(&plan.findings) { ExitCode::from(FAILED) } else { ExitCode::SUCCESS })
}

/// Prints what was found.
pub(crate) fn show(plan: &Output, as_json: bool) {
    if as_json {
        output::json(&json!(plan));
        return;
    }
    let handle = plan.handle.as_ref().map_or(String::new(), |handle| format!("{handle} "));
    output::line(&format!("{handle}({}) at {}", plan.did, plan.from));
    output::line(shown::findings(&plan.findings).trim_end());
    output::line(match shown::is_red(&plan.findings) {
        true => "the move cannot begin",
        false => "nothing keeps the move from beginning",
    });
}

impl Leaving {
    /// Returns the new host.
    pub(crate) fn host(&self) -> Host {
        Host::new(client::http(vec![self.to.clone()]), self.to.clone())
    }

    /// Returns the main password at the old host.
    pub(crate) fn password(&self) -> anyhow::Result<Zeroizing<String>> {
        let name = format!("password of {} at the old host", self.account);
        Password {
            name: &name,
            file: self.old_password_file.as_deref(),
            option: "--old-password-file",
            variable: "PAGURUS_OLD_PASSWORD",
        }
        .read()
    }

    /// Asks the new host what a move would meet.
    pub(crate) async fn plan(
        &self,
        password: &str,
        factor: Option<&str>,
        handle: Option<&Handle>,
    ) -> Result<Output, HostError> {
        let input = Input {
            auth_factor_token: factor.map(str::to_owned),
            email: self.email.clone(),
            from: self.from.as_ref().and_then(|from| from.to_string().parse().ok()),
            handle: handle.cloned(),
            identifier: self.account.to_string(),
            invite_code: self.invite_code.clone(),
            own_key: self.own_key.as_ref().map(|key| key.as_str().to_owned()),
            password: password.to_owned(),
        };
        self.host().procedure(PlanMove::NSID, &input).await
    }
}

/// Does something that signs in at the old host. If that wants the code that it has mailed, it is asked
/// for, and it is done once more.
pub(crate) async fn with_factor<T, E>(
    given: Option<&str>,
    mut ask: impl AsyncFnMut(Option<&str>) -> Result<T, E>,
) -> anyhow::Result<T>
where
    E: Into<anyhow::Error>,
{
    let error = match ask(given).await {
        Ok(answer) => return Ok(answer),
        Err(error) => error.into(),
    };
    if !matches!(error.downcast_ref(), Some(HostError::FactorNeeded)) {
        return Err(error);
    }
    if !terminal::has_person() {
        bail!("the old host has mailed a code to sign in with: give it with --auth-factor-token");
    }
    let code = terminal::ask("The code that the old host has mailed to let you sign in")?;
    ask(Some(&code)).await.map_err(Into::into)
}

/// Reads a public key.
fn own_key(text: &str) -> anyhow::Result<DidKey> {
    let key = DidKey::new(text);
    key.public_key()?;
    Ok(key)
}
