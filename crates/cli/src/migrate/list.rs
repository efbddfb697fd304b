//! `pagurus migrate list`: the moves to a server, for its operator.

use std::path::PathBuf;
use std::process::ExitCode;

use identity::Origin;
use lexicon::Method;
use lexicon::social::pagurus::migration::list_moves::{ListMoves, Output};
use serde_json::json;

use crate::client::Client;
use crate::migrate::shown;
use crate::output;
use crate::secret::Password;

/// The newest come first.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The server
    #[arg(long, value_name = "URL", default_value = "http://localhost:2583")]
    to: Origin,
    /// A file with the admin password; otherwise it is in PAGURUS_ADMIN_PASSWORD, or asked for
    #[arg(long, value_name = "FILE")]
    admin_password_file: Option<PathBuf>,
    /// How many
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=500))]
    limit: u16,
    /// Where to go on: what the last line of the page before has said
    #[arg(long)]
    cursor: Option<String>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let password = Password {
        name: &format!("admin password of {}", arguments.to),
        file: arguments.admin_password_file.as_deref(),
        option: "--admin-password-file",
        variable: "PAGURUS_ADMIN_PASSWORD",
    };
    let client = Client::new(arguments.to.clone())?.with_admin(&password.read()?);
    let cursor = arguments.cursor.as_ref();
    let cursor = cursor.map_or(String::new(), |cursor| format!("&cursor={cursor}"));
    let path = format!("{}?limit={}{cursor}", ListMoves::NSID, arguments.limit);
    let answer = client.query(&path).await?;
    let page: Output = serde_json::from_value(answer)?;
    if arguments.json {
        output::json(&json!(page));
        return Ok(ExitCode::SUCCESS);
    }
    for one in &page.moves {
        let error = one.last_error.as_ref();
        let error = error.map_or(String::new(), |error| format!(" ({error})"));
        let words = shown::words(&one.state);
        output::line(&format!("{}  {}  {words}{error}", one.began_at, one.did));
    }
    if let Some(cursor) = &page.cursor {
        output::line(&format!("there are more: --cursor {cursor}"));
    }
    Ok(ExitCode::SUCCESS)
}
