//! `pagurus migrate confirm`: a code or a signature for the change of the identity.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use identity::Origin;
use lexicon::social::pagurus::migration::confirm_move::{ConfirmMove, Input};
use repo::data::json::Json;

use crate::migrate::Ending;
use crate::migrate::session::{Session, Which};
use crate::migrate::sign;
use crate::migrate::status::Wanted;
use crate::terminal;

/// A code is asked for if none is given.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    which: Which,
    /// The code that the old host has mailed
    #[arg(long, value_name = "CODE", conflicts_with = "rotation_key_file")]
    code: Option<String>,
    /// Signs with the rotation key in this file instead; it does not leave this machine
    #[arg(long, value_name = "FILE")]
    rotation_key_file: Option<PathBuf>,
    /// The directory of did:plc that says what is signed; by default the public one
    #[arg(long, value_name = "URL", requires = "rotation_key_file")]
    plc_url: Option<Origin>,
    /// Signs without asking
    #[arg(long, requires = "rotation_key_file")]
    yes: bool,
    #[command(flatten)]
    ending: Ending,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (mut session, job) = Session::open(&arguments.which).await?;
    let input = match (&arguments.rotation_key_file, &arguments.code) {
        (Some(file), _) => {
            let plc = match &arguments.plc_url {
                Some(plc) => plc.clone(),
                None => Origin::https("plc.directory").context("the public directory")?,
            };
            let host = session.host().origin().clone();
            let signed = sign::sign(&job, &host, file, plc, arguments.yes).await?;
            let text = signed.to_json();
            let operation: Json = serde_json::from_str(&text).context("the signed operation")?;
            Input { code: None, operation: Some(operation) }
        }
        (None, Some(code)) => Input { code: Some(code.trim().to_owned()), operation: None },
        (None, None) if terminal::has_person() => {
            let code = terminal::ask("The code that the old host has mailed")?;
            Input { code: Some(code), operation: None }
        }
        (None, None) => bail!("give the --code that was mailed, or a --rotation-key-file"),
    };
    let after = session.tell::<ConfirmMove>(Some(&input)).await?.job;
    arguments.ending.end_order(&mut session, &job, after, Wanted::Done).await
}
