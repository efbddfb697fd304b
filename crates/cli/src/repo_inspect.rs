//! `pagurus repo inspect`: what is in a CAR file.

use std::process::ExitCode;

use serde_json::json;

use repo::survey::survey;
use syntax::Datetime;

use crate::output;
use crate::repo_file::{Input, read};
use crate::repo_verify::{commit_facts, print_survey, survey_json};

/// Prints the commit, the collections with their counts and sizes, and the tree's depth. The exit
/// status is 1 if a part is missing or malformed.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    input: Input,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut archive = match read(&arguments.input.file)? {
        Ok(archive) => archive,
        Err(error) => {
            output::error(&error.to_string());
            return Ok(ExitCode::FAILURE);
        }
    };
    let mut facts = commit_facts(&archive);
    let rev_time =
        archive.commit().rev().map(|rev| Datetime::from_unix_ms(rev.timestamp_us() / 1000));
    let found = survey(&mut archive);
    if arguments.input.json {
        facts["revTime"] = json!(rev_time);
        match &found {
            Ok(survey) => facts["survey"] = survey_json(survey),
            Err(error) => facts["error"] = json!(error.to_string()),
        }
        output::json(&facts);
    } else {
        for name in ["did", "version", "rev", "commit", "data", "blocks", "strangers"] {
            let value = match &facts[name] {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let time = rev_time.as_ref().filter(|_| name == "rev");
            let time = time.map(|time| format!(" ({time})")).unwrap_or_default();
            output::line(&format!("{name:10} {value}{time}"));
        }
        match &found {
            Ok(survey) => print_survey(survey),
            Err(error) => output::error(&error.to_string()),
        }
    }
    Ok(if found.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
