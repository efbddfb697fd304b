//! Moving somebody, by the methods that everybody uses who moves.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, bail};
use identity::Origin;
use lexicon::Method as _;
use lexicon::social::pagurus::migration::defs::Job;
use lexicon::social::pagurus::migration::get_report::GetReport;
use lexicon::social::pagurus::migration::{approve_move, confirm_move, start_move};
use migrate::host::{Host, Tokens};
use migrate::report::SignedReport;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::client::{self, Client};
use crate::demo::text;
use crate::demo::written::{Person, post};
use crate::migrate::session::Session;
use crate::migrate::shown;
use crate::output;

/// How often the new host is asked.
const EVERY: Duration = Duration::from_millis(50);
/// How long the move may take to where a person is needed.
const TIME_MAX: Duration = Duration::from_secs(60);

/// Somebody who has moved.
pub(super) struct Moved {
    /// The report.
    pub(super) report: SignedReport,
    /// What the new host takes for them.
    pub(super) token: String,
}

/// Moves somebody.
pub(super) async fn run(
    alice: &Person,
    old: &Origin,
    new: &Origin,
    directory: &Path,
) -> anyhow::Result<Moved> {
    let host = Host::new(client::http(vec![new.clone()]), new.clone());
    let input = start_move::Input {
        auth_factor_token: None,
        delete_after_days: None,
        email: None,
        from: None,
        handle: "alice.new.test".parse()?,
        identifier: alice.did.to_string(),
        invite_code: None,
        new_password: "another password of hers".to_owned(),
        own_key: None,
        password: alice.password.clone(),
    };
    let begun: start_move::Output = host.procedure(start_move::StartMove::NSID, &input).await?;
    output::line(&format!("moving    to {new} as {}", begun.job.handle));
    let token = begun.access_jwt.clone();
    let tokens = Tokens::new(begun.access_jwt, begun.refresh_jwt);
    let file = directory.join("session.json");
    let mut session =
        Session::keep(host, alice.did.clone(), input.handle, tokens, Some(&file)).await?;

    let job = until(&mut session, |job| needs(job, "review")).await?;
    let change = job.change.as_ref().context("the move changes nothing")?;
    for line in shown::change(change).trim_end().lines() {
        output::line(&format!("  {line}"));
    }
    post(&alice.client, &alice.did, "written while the account moves").await?;
    let input = approve_move::Input {
        head: change.head,
        missing_blobs: None,
        preferences: None,
        unreadable_records: None,
    };
    session.tell::<approve_move::ApproveMove>(Some(&input)).await?;

    until(&mut session, |job| needs(job, "code")).await?;
    let code = mailed_code(old, &alice.email).await?;
    output::line(&format!("code      {code}, which the old host has mailed"));
    let input = confirm_move::Input { code: Some(code), operation: None };
    session.tell::<confirm_move::ConfirmMove>(Some(&input)).await?;
    let job = until(&mut session, |job| job.state == "done").await?;
    for note in &job.notes {
        output::line(&format!("  {}", note.text));
    }
    let report = session.ask::<GetReport>().await?.report;
    Ok(Moved { report: SignedReport::decode(report.as_bytes())?, token })
}

/// Waits for a move to come somewhere.
async fn until(session: &mut Session, is_there: impl Fn(&Job) -> bool) -> anyhow::Result<Job> {
    let deadline = Instant::now() + TIME_MAX;
    loop {
        let job = session.current().await?;
        if is_there(&job) {
            return Ok(job);
        }
        if needs(&job, "decide") || Instant::now() > deadline {
            bail!("the move does not go on:\n{}", shown::state(&job, session.host().origin()));
        }
        sleep(EVERY).await;
    }
}

fn needs(job: &Job, what: &str) -> bool {
    job.need.as_ref().is_some_and(|need| need.r#for == what)
}

/// Reads the code in the newest mail to somebody, which a server for development keeps.
async fn mailed_code(host: &Origin, to: &str) -> anyhow::Result<String> {
    let mails = Client::new(host.clone())?.page("/dev/mail").await?;
    let mail = mails.as_array().into_iter().flatten().find(|mail| mail["to"] == to);
    let mail: &Value = mail.context("the old host has mailed nothing")?;
    let line = text(mail, "text")?.lines().find(|line| line.starts_with("    "));
    Ok(line.context("there is no code in the mail")?.trim().to_owned())
}
