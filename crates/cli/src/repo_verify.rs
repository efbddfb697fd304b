//! `pagurus repo verify`: whether a CAR file is a whole and valid repository.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::bail;
use crypto::PublicKey;
use repo::survey::{Survey, survey};
use serde_json::{Value, json};
use syntax::Did;

use crate::output;
use crate::repo_file::{FileArchive, read};
use crate::repo_stored;

/// Checks each block's hash, the tree, each record, and what else is asked for. The exit status is 0
/// if all is well, 1 if the repository is not valid, and 2 if it could not be checked.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The CAR file, or `-` for standard input.
    #[arg(required_unless_present = "data", conflicts_with = "data")]
    file: Option<PathBuf>,
    /// Checks the repositories in a data directory, which no server may use meanwhile.
    #[arg(long, value_name = "DIR", conflicts_with = "key")]
    data: Option<PathBuf>,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
    /// Checks that the repository is this account's; with --data, checks only that one.
    #[arg(long)]
    did: Option<Did>,
    /// Checks that the commit is signed by this key, given as did:key:z…
    #[arg(long, value_name = "DID-KEY")]
    key: Option<PublicKey>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let file = match (&arguments.file, &arguments.data) {
        (_, Some(data)) => {
            return repo_stored::verify(data, arguments.did.as_ref(), arguments.json);
        }
        (Some(file), None) => file,
        (None, None) => bail!("neither a file nor a data directory is given"),
    };
    let mut problems = Vec::new();
    let mut facts = json!({});
    let mut found = None;
    match read(file)? {
        Err(error) => problems.push(error.to_string()),
        Ok(mut archive) => {
            facts = commit_facts(&archive);
            check_commit(arguments, &archive, &mut problems);
            match survey(&mut archive) {
                Err(error) => problems.push(error.to_string()),
                Ok(survey) => {
                    let faults = survey.findings.iter().filter(|(_, finding)| finding.is_fault());
                    problems.extend(faults.map(|(key, finding)| format!("{key}: {finding}")));
                    found = Some(survey);
                }
            }
        }
    }
    let valid = problems.is_empty();
    if arguments.json {
        facts["valid"] = json!(valid);
        facts["problems"] = json!(problems);
        facts["signature"] = json!(if arguments.key.is_some() { "checked" } else { "not checked" });
        if let Some(survey) = &found {
            facts["survey"] = survey_json(survey);
        }
        output::json(&facts);
    } else {
        print(arguments, &facts, found.as_ref(), &problems);
    }
    Ok(if valid { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn check_commit(arguments: &Arguments, archive: &FileArchive, problems: &mut Vec<String>) {
    let commit = archive.commit();
    if let Some(did) = arguments.did.as_ref().filter(|did| *did != commit.did()) {
        problems.push(format!("repository is that of {}, not of {did}", commit.did()));
    }
    if let Some(key) = &arguments.key
        && let Err(error) = commit.verify(key)
    {
        problems.push(format!("commit: {error}"));
    }
}

/// Returns what the commit says.
pub(crate) fn commit_facts(archive: &FileArchive) -> Value {
    let commit = archive.commit();
    json!({
        "did": commit.did(),
        "rev": commit.rev(),
        "version": commit.version(),
        "commit": archive.root(),
        "data": commit.data(),
        "blocks": archive.blocks(),
        "strangers": archive.strangers(),
    })
}

/// Returns what the survey found.
pub(crate) fn survey_json(survey: &Survey) -> Value {
    let collections: serde_json::Map<String, Value> = survey
        .collections
        .iter()
        .map(|(name, tally)| (name.clone(), json!({"records": tally.count, "bytes": tally.bytes})))
        .collect();
    let findings: Vec<Value> = survey
        .findings
        .iter()
        .map(|(key, finding)| {
            let kind = if finding.is_fault() { "fault" } else { "note" };
            json!({"path": key.as_str(), "kind": kind, "text": finding.to_string()})
        })
        .collect();
    json!({
        "records": survey.records.count,
        "recordBytes": survey.records.bytes,
        "nodes": survey.nodes.count,
        "nodeBytes": survey.nodes.bytes,
        "layers": survey.layers,
        "collections": collections,
        "faults": survey.faults,
        "notes": survey.notes,
        "findings": findings,
    })
}

fn print(arguments: &Arguments, facts: &Value, survey: Option<&Survey>, problems: &[String]) {
    if let (Some(did), Some(commit)) = (facts["did"].as_str(), facts["commit"].as_str()) {
        output::line(&format!("{did} at {} ({commit})", facts["rev"].as_str().unwrap_or("no rev")));
    }
    if let Some(survey) = survey {
        print_survey(survey);
        for (key, finding) in survey.findings.iter().filter(|(_, finding)| !finding.is_fault()) {
            output::line(&format!("note: {key}: {finding}"));
        }
        let shown = u64::try_from(survey.findings.len()).unwrap_or(u64::MAX);
        if survey.faults + survey.notes > shown {
            output::line(&format!("and {} more", survey.faults + survey.notes - shown));
        }
    }
    for problem in problems {
        output::line(&format!("problem: {problem}"));
    }
    let signature = match arguments.key {
        Some(_) => "signature checked",
        None => "signature not checked: no --key was given",
    };
    let verdict = if problems.is_empty() { "valid" } else { "NOT VALID" };
    output::line(&format!("{verdict} ({signature})"));
}

/// Prints the collections and the sizes.
pub(crate) fn print_survey(survey: &Survey) {
    let width = survey.collections.keys().map(String::len).max().unwrap_or_default().max(7);
    for (name, tally) in &survey.collections {
        let bytes = output::bytes(tally.bytes);
        output::line(&format!("  {name:width$} {:>10} {bytes:>10}", tally.count));
    }
    let bytes = output::bytes(survey.records.bytes);
    output::line(&format!("  {:width$} {:>10} {bytes:>10}", "records", survey.records.count));
    let bytes = output::bytes(survey.nodes.bytes);
    let layers = survey.layers;
    output::line(&format!(
        "  {:width$} {:>10} {bytes:>10} in {layers} {}",
        "nodes",
        survey.nodes.count,
        if layers == 1 { "layer" } else { "layers" }
    ));
}
