//! `pagurus migrate approve`: looking at what a move changes and loses, and agreeing to it.

use std::process::ExitCode;

use anyhow::ensure;
use lexicon::social::pagurus::migration::approve_move::{ApproveMove, Input};
use lexicon::social::pagurus::migration::defs::Job;
use syntax::Cid;

use crate::exit::PERSON_NEEDED;
use crate::migrate::Ending;
use crate::migrate::session::{Session, Which};
use crate::migrate::shown;
use crate::migrate::status::Wanted;
use crate::{output, terminal};

/// Without a terminal, what is lost has to be named, and --yes said. If there is more than that, the
/// exit status is 10 and nothing is agreed to.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    which: Which,
    /// Agrees without being asked
    #[arg(long)]
    yes: bool,
    /// Lets these files stay behind
    #[arg(long, value_name = "CID,…", value_delimiter = ',')]
    accept_missing_blobs: Vec<Cid>,
    /// Lets so many records move that nobody can read
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    accept_unreadable: i64,
    /// Lets preferences stay behind
    #[arg(long)]
    accept_missing_preferences: bool,
    #[command(flatten)]
    ending: Ending,
}

/// Something that is lost and was not named.
#[derive(Debug, PartialEq, Eq)]
enum Loss {
    Blobs(Vec<Cid>),
    Unreadable(i64),
    Preferences,
}

/// Runs the command.
pub(crate) async fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (mut session, job) = Session::open(&arguments.which).await?;
    let is_wanted = job.need.as_ref().is_some_and(|need| need.r#for == "review");
    ensure!(is_wanted, "the move does not wait for this: {}", shown::words(&job.state));
    show(&job, arguments.ending.json);
    let others = arguments.not_named(&job);
    if !(arguments.yes || terminal::has_person()) {
        output::error("nobody is here to agree: look at it, and say --yes");
        return Ok(ExitCode::from(PERSON_NEEDED));
    }
    if arguments.yes && !others.is_empty() {
        others.iter().for_each(|loss| output::error(&loss.option()));
        return Ok(ExitCode::from(PERSON_NEEDED));
    }
    if !arguments.yes {
        for loss in &others {
            consent(&loss.question(), &loss.answer())?;
        }
        let question = "To change the identity so, type the handle that the account will have";
        consent(question, job.handle.as_str())?;
    }
    // What was shown, and nothing that has come since.
    let input = Input {
        head: job.change.as_ref().and_then(|change| change.head),
        missing_blobs: Some(job.missing_blobs.iter().map(|blob| blob.cid).collect()),
        preferences: Some(job.preferences_lost.is_some()),
        unreadable_records: Some(job.unreadable_records),
    };
    let after = session.tell::<ApproveMove>(Some(&input)).await?.job;
    arguments.ending.end_order(&mut session, &job, after, Wanted::Done).await
}

/// Shows what a move changes and loses. For programs it is in the JSON.
fn show(job: &Job, as_json: bool) {
    if as_json {
        return;
    }
    if let Some(change) = &job.change {
        output::line(shown::change(change).trim_end());
    }
    let losses = shown::losses(job);
    output::line(if losses.is_empty() { "Nothing is lost." } else { losses.trim_end() });
    job.warnings.iter().for_each(|warning| output::line(&format!("warning: {warning}")));
}

/// Has somebody type what they agree to.
pub(crate) fn consent(question: &str, expected: &str) -> anyhow::Result<()> {
    let answer = terminal::ask(question)?;
    ensure!(answer == expected, "that is not it: nothing was agreed to");
    Ok(())
}

impl Arguments {
    /// Returns what is lost and was not named.
    fn not_named(&self, job: &Job) -> Vec<Loss> {
        let mut found = Vec::new();
        let cids = job.missing_blobs.iter().map(|blob| blob.cid);
        let blobs: Vec<Cid> = cids.filter(|cid| !self.accept_missing_blobs.contains(cid)).collect();
        if !blobs.is_empty() {
            found.push(Loss::Blobs(blobs));
        }
        if job.unreadable_records > self.accept_unreadable {
            found.push(Loss::Unreadable(job.unreadable_records));
        }
        if job.preferences_lost.is_some() && !self.accept_missing_preferences {
            found.push(Loss::Preferences);
        }
        found
    }
}

impl Loss {
    /// What is to be typed to agree to it.
    fn answer(&self) -> String {
        match self {
            Self::Blobs(cids) => format!("lose {} files", cids.len()),
            Self::Unreadable(count) => format!("move {count} unreadable records"),
            Self::Preferences => "lose preferences".to_owned(),
        }
    }

    fn question(&self) -> String {
        let what = match self {
            Self::Blobs(_) => "To let the files above stay behind",
            Self::Unreadable(_) => "To let the records above move as they are",
            Self::Preferences => "To let preferences stay behind",
        };
        format!("{what}, type \"{}\"", self.answer())
    }

    /// Says which option agrees to it.
    fn option(&self) -> String {
        match self {
            Self::Blobs(cids) => {
                let cids: Vec<String> = cids.iter().map(Cid::to_string).collect();
                format!(
                    "files are missing that were not named: --accept-missing-blobs {}",
                    cids.join(",")
                )
            }
            Self::Unreadable(count) => {
                format!("there are records that nobody can read: --accept-unreadable {count}")
            }
            Self::Preferences => "preferences do not come: --accept-missing-preferences".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use lexicon::social::pagurus::migration::defs::MissingBlob;

    use super::*;
    use crate::migrate::shown::tests::job;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    fn said(options: &str) -> Arguments {
        Line::try_parse_from(format!("approve {options}").split_whitespace()).unwrap().arguments
    }

    #[test]
    fn what_was_not_named_is_not_agreed_to() {
        let (first, second) = (Cid::of_raw(b"first"), Cid::of_raw(b"second"));
        let mut job = job("ready", Some("review"));
        assert_eq!(said("--yes").not_named(&job), []);
        job.missing_blobs = [first, second]
            .map(|cid| MissingBlob { cid, message: None, path: None, why: "notFound".to_owned() })
            .into();
        job.unreadable_records = 2;
        job.preferences_lost = Some("it has none".to_owned());
        let all = [Loss::Blobs(vec![first, second]), Loss::Unreadable(2), Loss::Preferences];
        assert_eq!(said("--yes").not_named(&job), all);
        let some = format!("--accept-missing-blobs {first} --accept-unreadable 1");
        let others = [Loss::Blobs(vec![second]), Loss::Unreadable(2), Loss::Preferences];
        assert_eq!(said(&some).not_named(&job), others);
        let enough = format!(
            "--accept-missing-blobs {second},{first} --accept-unreadable 2 \
             --accept-missing-preferences"
        );
        assert_eq!(said(&enough).not_named(&job), []);
    }

    #[test]
    fn a_loss_names_its_option() {
        let cid = Cid::of_raw(b"file");
        assert!(Loss::Blobs(vec![cid]).option().ends_with(&format!("-blobs {cid}")));
        assert!(Loss::Unreadable(3).option().ends_with("--accept-unreadable 3"));
        assert!(Loss::Unreadable(3).question().ends_with("\"move 3 unreadable records\""));
    }
}
