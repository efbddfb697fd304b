//! Showing how far a rescue is, and what came of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use migrate::report::{Difference, Loss, Verdict};
use migrate::rescue::{Failure, Plan, Preview, RescueError, Rescued, Source, Step};
use migrate::with_sources;
use serde_json::{Map, Value, json};
use syntax::Cid;

use crate::exit::{FAILED, FAILED_AFTER_SWITCH, LATER, PERSON_NEEDED};
use crate::{output, terminal};

/// What is shown, and how.
pub(super) struct Shown {
    is_json: bool,
    /// The plan, for those who have to agree to it.
    plan: Option<Value>,
}

impl Shown {
    pub(super) fn new(is_json: bool) -> Self {
        Self { is_json, plan: None }
    }

    /// Shows a step.
    pub(super) fn step(&mut self, step: &Step<'_>) {
        if let Step::Planned(plan) = step {
            self.plan = Some(plan_json(plan));
        }
        if let Step::Blobs { done, of } = step {
            if terminal::width().is_some() {
                terminal::put(&format!("\rblobs     {done} of {of}"));
                terminal::put(if done == of { "\n" } else { "" });
            }
        } else if !self.is_json {
            match step {
                Step::Read(source) => print_source(source),
                Step::Account => output::line("account   is there"),
                Step::Imported => output::line("records   are there"),
                Step::Proved => output::line("proved    all of it was read again"),
                Step::Planned(plan) => print_plan(plan),
                Step::Journaled(entry) => output::line(&format!("written   {}", entry.cid)),
                Step::Submitted(cid) => output::line(&format!("changed   {cid}")),
                Step::Activated => output::line("account   is active"),
                Step::Blobs { .. } => {}
            }
        }
    }

    /// Shows what would be done.
    pub(super) fn preview(&self, preview: Result<Preview, RescueError>) -> ExitCode {
        let Preview { source, plan } = match preview {
            Ok(preview) => preview,
            Err(error) => return self.failed(&Failure { error, is_switched: false }),
        };
        if self.is_json {
            output::json(&json!({ "source": source_json(&source), "plan": plan_json(&plan) }));
        } else {
            print_source(&source);
            print_plan(&plan);
            output::line("nothing was changed");
        }
        ExitCode::SUCCESS
    }

    /// Shows an account that is back.
    pub(super) fn done(&self, rescued: &Rescued, file: &Path) -> ExitCode {
        let report = rescued.report.report();
        let comparison = report.compare();
        if self.is_json {
            output::json(&json!({
                "did": report.did,
                "handle": report.handle,
                "host": report.hosts.to,
                "verdict": comparison.verdict(),
                "comparison": comparison,
                "missing": report.after.blobs.missing,
                "report": file,
            }));
        } else {
            output::line("");
            output::line(report.to_text().trim_end());
            output::line(&format!("\nthe report is in {}", file.display()));
        }
        // That a host gives a file another type than the record does is no loss.
        let is_loss = |fault: &Difference| !matches!(fault, Difference::MimeType { .. });
        let is_lost =
            comparison.verdict() == Verdict::Different && comparison.faults.iter().any(is_loss);
        if is_lost { ExitCode::from(FAILED_AFTER_SWITCH) } else { ExitCode::SUCCESS }
    }

    /// Shows what stopped it.
    pub(super) fn failed(&self, failure: &Failure) -> ExitCode {
        let status = status(failure);
        let text = match &failure.error {
            RescueError::Stopped => "nobody has agreed to the change of the identity".to_owned(),
            error => with_sources(error),
        };
        output::error(&text);
        if self.is_json {
            let mut shown = json!({ "error": text, "switched": failure.is_switched });
            if let Value::Object(fields) = &mut shown {
                fields.extend(details(&failure.error));
                fields.extend(self.plan.clone().map(|plan| ("plan".to_owned(), plan)));
            }
            output::json(&shown);
        } else {
            advise(&failure.error);
        }
        ExitCode::from(status)
    }
}

fn status(failure: &Failure) -> u8 {
    match &failure.error {
        error if error.waits_for_owner() => PERSON_NEEDED,
        error if error.is_passing() => LATER,
        _ if failure.is_switched => FAILED_AFTER_SWITCH,
        _ => FAILED,
    }
}

/// Asks whether the identity is to be changed.
pub(super) fn agrees(plan: &Plan) -> bool {
    // The document of a did:web is changed by its owner, who needs not be asked.
    if matches!(plan, Plan::Document(_)) {
        return true;
    }
    if !terminal::has_person() {
        return false;
    }
    let answer = terminal::ask("Is the identity to be changed like this? (yes or no)");
    answer.is_ok_and(|answer| answer.eq_ignore_ascii_case("yes"))
}

fn print_source(source: &Source) {
    let records = source.contents.leaves.count;
    output::line(&format!("source    {records} records, tree {}", source.head.data));
    let there = source.blobs.len();
    let bytes = source.blobs.values().map(|blob| blob.size).fold(0, u64::saturating_add);
    let of = there + source.lost.len();
    output::line(&format!("blobs     {there} of {of}, {}", output::bytes(bytes)));
    for (cid, why) in &source.lost {
        output::line(&format!("missing   {cid}: {}", loss(*why)));
    }
}

fn print_plan(plan: &Plan) {
    match plan {
        Plan::Operation { keys, differences, is_whole, may_undo, .. } => {
            output::line("the identity will change:");
            differences.iter().for_each(|one| output::line(&format!("  {one}")));
            if !is_whole {
                output::line("  and get a signing key, and rotation keys of the new host's");
            }
            keys.own.iter().for_each(|key| output::line(&format!("stays     {}", key.as_str())));
            keys.host.iter().for_each(|key| output::line(&format!("goes      {}", key.as_str())));
            for key in may_undo {
                output::line(&format!("can undo it within 72 hours: {}", key.as_str()));
            }
            if may_undo.is_empty() {
                output::line("nobody can take it back");
            }
        }
        Plan::Document(Some(document)) => {
            output::line("the document of the identity has to be this:");
            output::line(document);
        }
        Plan::Document(None) => {
            output::line("the document of the identity has to name the new host and its key");
        }
        Plan::Done => output::line("the identity points to the new host already"),
    }
}

/// Says what can be done.
fn advise(error: &RescueError) {
    match error {
        RescueError::Missing(missing) => {
            for (cid, (path, why)) in missing {
                let path = path.as_deref().unwrap_or("no record");
                output::line(&format!("missing: blob {cid} of {path}: {}", loss(*why)));
            }
            output::line("to go on without them: --accept-missing-blobs, with their CIDs");
        }
        RescueError::Undecided(_) => {
            output::line(
                "say of each with --own-key that it is yours, or with --drop-key that it goes",
            );
        }
        RescueError::Newer { .. } => output::line("to replace it all the same: --replace-newer"),
        RescueError::NoHandle => output::line("say it with --handle"),
        RescueError::Overtaken(_) => output::line("look at it with --dry-run, and run this again"),
        RescueError::TakenBack(_) => {
            output::line(
                "the holder of a higher key did that; to change it again, remove the journal",
            );
        }
        RescueError::WaitsForDocument { .. } => {
            output::line("publish the document above, and run this again");
        }
        RescueError::Stopped => output::line("to change the identity, say --yes"),
        error if error.is_passing() => output::line("run this again later"),
        _ => {}
    }
}

fn details(error: &RescueError) -> Map<String, Value> {
    let shown = match error {
        RescueError::Missing(missing) => json!({ "missing": missing_json(missing) }),
        RescueError::Undecided(keys) => json!({ "undecided": keys }),
        RescueError::Newer { rev, records } => {
            json!({ "newer": { "rev": rev, "records": records } })
        }
        RescueError::Overtaken(cid) => json!({ "overtakenBy": cid }),
        RescueError::TakenBack(cid) => json!({ "takenBack": cid }),
        RescueError::WaitsForDocument { document, .. } => json!({ "document": document }),
        _ => json!({}),
    };
    match shown {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}

fn missing_json(missing: &BTreeMap<Cid, (Option<String>, Loss)>) -> Vec<Value> {
    let missing = missing.iter();
    missing.map(|(cid, (path, why))| json!({ "cid": cid, "path": path, "why": why })).collect()
}

fn source_json(source: &Source) -> Value {
    json!({
        "commit": source.head.commit,
        "data": source.head.data,
        "records": source.contents.leaves.count,
        "blobs": source.blobs.len(),
        "missing": source.lost.iter().map(|(cid, why)| json!({ "cid": cid, "why": why })).collect::<Vec<_>>(),
        "private": source.private.is_some(),
    })
}

fn plan_json(plan: &Plan) -> Value {
    match plan {
        Plan::Operation { keys, differences, is_whole, signer, may_undo } => json!({
            "changes": differences,
            "whole": is_whole,
            "signer": signer,
            "stay": keys.own,
            "go": keys.host,
            "mayUndo": may_undo,
        }),
        Plan::Document(document) => json!({ "document": document }),
        Plan::Done => json!({ "done": true }),
    }
}

fn loss(why: Loss) -> &'static str {
    match why {
        Loss::NotFound => "it is not there",
        Loss::Damaged => "it is damaged",
        Loss::TooLarge => "the new host finds it too large",
        Loss::NoAnswer => "the new host does not take it",
        Loss::Unknown => "nobody knows why",
    }
}
