//! A move as text for people.

use std::fmt::Write as _;

use identity::Origin;
use lexicon::social::pagurus::migration::defs::{Change, Finding, Job, MissingBlob, Need};
use migrate::job::State;
use repo::data::json::Json;

/// Returns what a state is about, in a few words.
pub(crate) fn words(state: &str) -> &str {
    let Some(known) = State::parse(state) else { return state };
    match known {
        State::Reserve => "the account is made",
        State::Import => "the repository comes",
        State::Blobs => "pictures and other files come",
        State::Private => "preferences come",
        State::CatchUp => "what was written meanwhile comes",
        State::Ready => "all is here",
        State::Sign => "the change of the identity gets its signature",
        State::Submit => "the change of the identity is sent",
        State::Confirm => "the change of the identity is awaited",
        State::FinalCatchUp => "what was written last comes",
        State::Activate => "the account opens",
        State::Network => "the network is told",
        State::Retire => "the account closes at the old host",
        State::Report => "the report is written",
        State::Done => "done",
        State::UndoClose => "the account closes here",
        State::UndoSubmit => "the identity is changed back",
        State::UndoOpen => "the account opens at the old host",
        State::RolledBack => "undone: the account is at the old host",
        State::Cancel => "what came is removed",
        State::Cancelled => "cancelled: the account is at the old host as it was",
    }
}

/// Writes how far a move is, and what a person has to do.
pub(crate) fn state(job: &Job, to: &Origin) -> String {
    let mut lines = vec![
        format!("{} ({})", job.handle, job.did),
        format!("  from     {}", job.from),
        format!("  to       {to}"),
        format!("  state    {}", words(&job.state)),
    ];
    if let Some(error) = &job.last_error {
        let when = job.retry_at.as_ref();
        let when = when.map_or(String::new(), |at| format!("; tried again at {at}"));
        lines.push(format!("  failed   {error}{when}"));
    }
    let is_undoable = State::parse(&job.state).is_some_and(State::is_undoable);
    if let Some(until) = job.undo_until.as_ref().filter(|_| is_undoable) {
        lines.push(format!("  undo     until {until}: pagurus migrate undo"));
    }
    lines.extend(job.warnings.iter().map(|warning| format!("  warning  {warning}")));
    if let Some(need) = &job.need {
        lines.push(format!("  next     {}", next(need, job)));
    }
    lines.join("\n")
}

/// Says what a person has to do.
fn next(need: &Need, job: &Job) -> String {
    let why = need.message.as_deref().unwrap_or("it does not say why");
    match &*need.r#for {
        "review" => "look at what changes, and agree: pagurus migrate approve".to_owned(),
        "code" => {
            let until = need.until.as_ref();
            let until = until.map_or(String::new(), |at| format!(", which lasts until {at}"));
            format!(
                "enter the code that the old host has mailed{until}: pagurus migrate confirm \
                 --code CODE"
            )
        }
        "newCode" => format!(
            "the old host did not take the code ({why}); have it mail another: pagurus migrate \
             resume"
        ),
        "ownSignature" => format!(
            "the old host does not sign ({why}); sign with a rotation key of your own: pagurus \
             migrate confirm --rotation-key-file FILE"
        ),
        "document" if State::parse(&job.state) == Some(State::UndoSubmit) => format!(
            "publish the document of {} as it was before the move; it is looked for by itself, and \
             at once after pagurus migrate resume",
            job.did
        ),
        "document" => format!(
            "publish this as the document of {}; it is looked for by itself, and at once after \
             pagurus migrate resume:\n{}",
            job.did,
            job.change
                .as_ref()
                .and_then(|change| change.document.as_ref())
                .map_or_else(|| "the new host does not say which".to_owned(), pretty)
        ),
        "signIn" => format!("sign in at the old host again ({why}): pagurus migrate resume"),
        "decide" => {
            let back = match State::parse(&job.state) {
                Some(state) if state.is_cancellable() => ", or end it: pagurus migrate cancel",
                Some(state) if state.is_undoable() => ", or go back: pagurus migrate undo",
                _ => "",
            };
            format!("{why}; try again: pagurus migrate resume{back}")
        }
        other => format!("{other}: {why}"),
    }
}

/// Writes what was found before a move, a line each, what matters most at the end.
pub(crate) fn findings(findings: &[Finding]) -> String {
    let mut lines = String::new();
    for level in ["green", "yellow", "red"] {
        for finding in findings.iter().filter(|finding| finding.level == level) {
            let _ = writeln!(lines, "{level:7} {}", finding.text);
        }
    }
    lines
}

/// Tells whether something keeps a move from beginning.
pub(crate) fn is_red(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.level == "red")
}

/// Writes what a move changes in the identity.
pub(crate) fn change(change: &Change) -> String {
    let mut lines = String::from("What changes in the identity:\n");
    for difference in &change.differences {
        let _ = writeln!(lines, "  {difference}");
    }
    let mut list = |title: &str, none: &str, keys: &[String]| {
        let _ = writeln!(lines, "{title}");
        match keys {
            [] => _ = writeln!(lines, "  {none}"),
            keys => keys.iter().for_each(|key| _ = writeln!(lines, "  {key}")),
        }
    };
    list("Rotation keys of yours, which stay:", "none", &change.keys_kept);
    list("Rotation keys of the old host, which go:", "none", &change.keys_dropped);
    list(
        "If the old host signs, these rotation keys can take the change back for 72 hours:",
        "none: nobody can",
        &change.may_undo,
    );
    lines
}

/// Writes what a move loses, if it loses anything.
pub(crate) fn losses(job: &Job) -> String {
    let mut lines = String::new();
    if !job.missing_blobs.is_empty() {
        let _ = writeln!(lines, "Files that the old host does not give:");
    }
    for MissingBlob { cid, path, why, message } in &job.missing_blobs {
        let path = path.as_deref().unwrap_or("a record");
        let why = match &**why {
            "notFound" => "there is none",
            "damaged" => "it is damaged there",
            "tooLarge" => "it is too large here",
            "noAnswer" => "the old host does not answer",
            other => other,
        };
        let message = message.as_deref().map_or(String::new(), |text| format!(" ({text})"));
        let _ = writeln!(lines, "  {cid} of {path}: {why}{message}");
    }
    if job.unreadable_records > 0 {
        let _ = writeln!(
            lines,
            "Records that nobody can read, which move as they are: {}",
            job.unreadable_records
        );
    }
    for path in job.unreadable_paths.iter().flatten() {
        let _ = writeln!(lines, "  {path}");
    }
    if let Some(why) = &job.preferences_lost {
        let _ = writeln!(lines, "Preferences do not come: {why}");
    }
    lines
}

fn pretty(json: &Json) -> String {
    // What came as JSON can be written as JSON.
    serde_json::to_string_pretty(json).unwrap_or_default()
}

#[cfg(test)]
pub(crate) mod tests {
    use lexicon::social::pagurus::migration::defs::Progress;

    use super::*;

    /// Makes a move of a state, for which a person is needed or not.
    pub(crate) fn job(state: &str, need: Option<&str>) -> Job {
        Job {
            began_at: "2026-01-01T00:00:00Z".parse().unwrap(),
            change: None,
            did: "did:plc:ewvi7nxzyoun6zhxrhs64oiz".parse().unwrap(),
            findings: Vec::new(),
            from: "https://old.example.com".parse().unwrap(),
            handle: "alice.example.com".parse().unwrap(),
            last_error: None,
            missing_blobs: Vec::new(),
            need: need.map(|name| Need {
                r#for: name.to_owned(),
                message: Some("because".to_owned()),
                until: None,
            }),
            notes: Vec::new(),
            preferences_lost: None,
            progress: Progress {
                blob_bytes: 0,
                blobs: 0,
                blobs_expected: 0,
                records: 0,
                repo_bytes: 0,
            },
            retry_at: None,
            state: state.to_owned(),
            undo_until: None,
            unreadable_paths: None,
            unreadable_records: 0,
            warnings: Vec::new(),
        }
    }

    #[test]
    fn who_is_needed_is_told_what_to_do() {
        for (state, need, expected) in [
            ("ready", "review", "pagurus migrate approve"),
            ("sign", "code", "pagurus migrate confirm --code"),
            ("sign", "newCode", "(because); have it mail another: pagurus migrate resume"),
            ("sign", "ownSignature", "pagurus migrate confirm --rotation-key-file"),
            ("confirm", "document", "document of did:plc:ewvi7nxzyoun6zhxrhs64oiz"),
            ("blobs", "signIn", "again (because): pagurus migrate resume"),
            ("import", "decide", "or end it: pagurus migrate cancel"),
            ("activate", "decide", "or go back: pagurus migrate undo"),
            ("activate", "dance", "dance: because"),
        ] {
            let to = Origin::parse("https://new.example.com").unwrap();
            let text = super::state(&job(state, Some(need)), &to);
            assert!(text.contains(expected), "{text}");
        }
    }

    #[test]
    fn what_matters_most_comes_last() {
        let finding = |level: &str, text: &str| Finding {
            about: String::new(),
            level: level.to_owned(),
            text: text.to_owned(),
        };
        let found = [finding("red", "bad"), finding("green", "good"), finding("yellow", "so-so")];
        assert_eq!(findings(&found), "green   good\nyellow  so-so\nred     bad\n");
        assert!(is_red(&found) && !is_red(&found[1..]));
    }
}
