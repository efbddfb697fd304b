//! A report as text for people: one screen, in columns.

use std::fmt::{self, Write as _};

use ::identity::plc::DidKey;

use super::{Comparison, Identity, Leaves, PlcOperation, Recheck, Report, Side, Verdict};

/// How many lines a list takes before the rest is only counted.
const LIST_LINES_MAX: usize = 6;
/// How many characters of a long name are shown at its beginning and at its end.
const SHORT_ENDS: (usize, usize) = (16, 6);

/// A table in the making: lines of a name, what was before, what is now, and a word on it.
#[derive(Default)]
struct Table(Vec<[String; 4]>);

impl Report {
    /// Writes the report for people.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text).expect("texts take what is written to them");
        text
    }

    fn write(&self, to: &mut String) -> fmt::Result {
        let comparison = self.compare();
        match &self.handle {
            Some(handle) => writeln!(to, "Move of {handle} ({})\n", self.did)?,
            None => writeln!(to, "Move of {}\n", self.did)?,
        }
        let from = self.hosts.from.as_ref().map_or("a backup".to_owned(), ToString::to_string);
        writeln!(to, "from      {from}\nto        {}", self.hosts.to)?;
        writeln!(to, "began     {}\nended     {}", self.times.began, self.times.ended)?;
        writeln!(to, "key       {}", self.signing_key)?;
        writeln!(to, "result    {}\n", comparison.sentence())?;
        to.push_str(&self.table().to_string());
        if let Some(identity) = &self.identity {
            identity.write(to)?;
        }
        list(to, "Wrong", comparison.faults.iter())?;
        list(to, "Lost, as agreed", comparison.agreed.iter())?;
        list(to, "Good to know", comparison.notes.iter())?;
        let unreadable = self.quarantined.iter();
        let unreadable = unreadable.map(|record| format!("{}: {}", record.path, record.why));
        list(to, "Records that nobody can read, kept as they are", unreadable)?;
        let consents = self.consents.iter();
        list(
            to,
            "Agreed to",
            consents.map(|consent| format!("{}: {}", consent.given, consent.text)),
        )?;
        list(to, "Warnings", self.warnings.iter())
    }

    fn table(&self) -> Table {
        let (before, after) = (&self.before, &self.after);
        let mut table = Table::default();
        table.line("", "before", "after", "");
        table.add(
            "records",
            before.leaves.count,
            after.leaves.count,
            before.leaves.digest == after.leaves.digest,
        );
        table.collections(&before.leaves, &after.leaves);
        let of_data = |side: &Side| short(&side.head.data.to_string());
        let is_same = before.head.data == after.head.data;
        table.add("tree of records", of_data(before), of_data(after), is_same);
        let (old, new) = (&before.blobs, &after.blobs);
        table.add("files", old.count, new.count, old.content == new.content);
        table.add("  bytes", old.bytes, new.bytes, old.bytes == new.bytes);
        let all = if new.rehashed == new.count { "all" } else { "NOT ALL" };
        table.line("  read and hashed", old.rehashed, new.rehashed, all);
        table.plain("  missing", old.missing.len(), new.missing.len());
        let count = |side: &Side| {
            side.preferences.as_ref().map_or("not read".to_owned(), |known| known.count.to_string())
        };
        match (&before.preferences, &after.preferences) {
            (Some(old), Some(new)) => {
                table.add("preferences", count(before), count(after), old.digest == new.digest);
            }
            _ => table.plain("preferences", count(before), count(after)),
        }
        let rev = |side: &Side| side.head.rev.map_or("none".to_owned(), |rev| rev.to_string());
        table.plain("revision", rev(before), rev(after));
        let signer = |side: &Side| {
            let signer = side.head.signed_by.as_ref();
            signer.map_or("nobody known".to_owned(), |signed| short(&signed.key.to_string()))
        };
        table.plain("signed by", signer(before), signer(after));
        table
    }
}

impl Comparison {
    fn sentence(&self) -> &'static str {
        match self.verdict() {
            Verdict::Same => "all is there",
            Verdict::AsAgreed => "all is there but what was agreed to be lost",
            Verdict::Different => "NOT all is there, see below",
        }
    }
}

impl Identity {
    fn write(&self, to: &mut String) -> fmt::Result {
        writeln!(to, "\nWho may change the identity, the highest first")?;
        let mut keys: Vec<&DidKey> = self.rotation_keys_after.iter().collect();
        keys.extend(
            self.rotation_keys_before.iter().filter(|key| !self.rotation_keys_after.contains(key)),
        );
        for key in keys {
            let was = self.rotation_keys_before.contains(key);
            let is = self.rotation_keys_after.contains(key);
            let what = match (was, is) {
                (true, true) => "as before",
                (false, _) => "new",
                (true, false) => "no more",
            };
            writeln!(to, "  {what:<9}  {}", plain(key.as_str()))?;
        }
        let lines: Vec<String> = self.operations.iter().flat_map(PlcOperation::lines).collect();
        list(to, "Changes of the identity", lines.iter())
    }
}

impl PlcOperation {
    fn lines(&self) -> [String; 2] {
        let by = self.signer.as_ref().map_or("nobody known".to_owned(), |key| short(key.as_str()));
        let undo = if self.is_undone {
            "was taken back".to_owned()
        } else if self.may_undo.is_empty() {
            "nobody can take it back".to_owned()
        } else {
            let keys: Vec<String> = self.may_undo.iter().map(|key| short(key.as_str())).collect();
            format!("until {} it can be taken back by {}", self.undo_until, keys.join(", "))
        };
        let done = format!("{} {} by {by}", self.created_at, short(&self.cid.to_string()));
        [done, format!("  {undo}")]
    }
}

impl Recheck {
    /// Writes what was found for people.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        self.write(&mut text).expect("texts take what is written to them");
        text
    }

    fn write(&self, to: &mut String) -> fmt::Result {
        let result = if !self.is_sound() {
            "something is wrong, see below"
        } else if self.unchecked.is_empty() {
            "nothing is wrong"
        } else {
            "nothing is wrong with what was looked at"
        };
        writeln!(to, "checked   {}\nresult    {result}", self.at)?;
        let names = |parts: &[super::Part]| {
            parts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        };
        if !self.holds.is_empty() {
            writeln!(to, "as it was {}", names(&self.holds))?;
        }
        if !self.unchecked.is_empty() {
            writeln!(to, "not seen  {}", names(&self.unchecked))?;
        }
        list(to, "Wrong", self.faults.iter())?;
        list(to, "New since", self.changed.iter())
    }
}

impl Table {
    fn add(&mut self, name: &str, before: impl ToString, after: impl ToString, is_same: bool) {
        let same = if is_same { "same" } else { "DIFFERENT" };
        self.line(name, before, after, same);
    }

    fn plain(&mut self, name: &str, before: impl ToString, after: impl ToString) {
        self.line(name, before, after, "");
    }

    fn line(&mut self, name: &str, before: impl ToString, after: impl ToString, word: &str) {
        self.0.push([name.to_owned(), before.to_string(), after.to_string(), word.to_owned()]);
    }

    /// Adds the largest collections; those that differ are named below in any case.
    fn collections(&mut self, before: &Leaves, after: &Leaves) {
        let mut names: Vec<&String> = before.collections.keys().collect();
        names.extend(
            after.collections.keys().filter(|name| !before.collections.contains_key(*name)),
        );
        let count = |leaves: &Leaves, name: &String| {
            leaves.collections.get(name).map_or(0, |collection| collection.count)
        };
        names.sort_by_key(|name| std::cmp::Reverse(count(before, name).max(count(after, name))));
        for name in names.iter().take(LIST_LINES_MAX) {
            let is_same = before.collections.get(*name) == after.collections.get(*name);
            self.add(&format!("  {name}"), count(before, name), count(after, name), is_same);
        }
        if names.len() > LIST_LINES_MAX {
            self.plain(&format!("  and {} more kinds", names.len() - LIST_LINES_MAX), "", "");
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: usize| {
            self.0.iter().map(|line| line[column].chars().count()).max().unwrap_or_default()
        };
        let (name, before, after) = (width(0), width(1), width(2));
        for [first, second, third, last] in &self.0 {
            let line = format!("{first:<name$}  {second:>before$}  {third:>after$}  {last}");
            writeln!(f, "{}", plain(line.trim_end()))?;
        }
        Ok(())
    }
}

/// Writes a list under a title, if there is anything in it.
fn list<T: fmt::Display>(
    to: &mut String,
    title: &str,
    items: impl ExactSizeIterator<Item = T>,
) -> fmt::Result {
    let count = items.len();
    if count > 0 {
        writeln!(to, "\n{title}")?;
    }
    for item in items.take(LIST_LINES_MAX) {
        writeln!(to, "  {}", plain(&item.to_string()))?;
    }
    if count > LIST_LINES_MAX {
        writeln!(to, "  and {} more", count - LIST_LINES_MAX)?;
    }
    Ok(())
}

/// Shortens a key or a CID to its two ends.
fn short(text: &str) -> String {
    let (begin, end) = SHORT_ENDS;
    let count = text.chars().count();
    if count <= begin + end + 1 {
        return text.to_owned();
    }
    let first: String = text.chars().take(begin).collect();
    let last: String = text.chars().skip(count - end).collect();
    format!("{first}…{last}")
}

/// Takes out what would move the cursor: logs and reports of strangers may hold any character.
fn plain(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { '\u{fffd}' } else { char }).collect()
}
