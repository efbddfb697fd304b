//! Handles that are free, for those whose wish is taken.

use lexicon::com::atproto::temp::check_handle_availability::Suggestion;
use store::Tx;
use syntax::Handle;

use super::{Domain, NAME_CHARS_MAX, check, name_under};
use crate::pds::Pds;

/// How many handles are proposed.
const PROPOSALS: usize = 5;
/// How many are looked at for that.
const TRIES_MAX: usize = 40;

/// Tells whether a new account could have a handle: it is a name under one of the server's domains,
/// and neither taken nor kept back.
pub(crate) fn is_free(pds: &Pds, tx: &mut Tx<'_>, handle: &Handle) -> Result<bool, store::Error> {
    Ok(check(pds, handle) == Ok(Domain::Ours)
        && !tx.is_handle_reserved(handle)?
        && tx.account_by_handle(handle)?.is_none())
}

/// Returns handles that are free, under the domain of the one that was wished for, or else under the
/// server's first.
pub(crate) fn suggestions(
    pds: &Pds,
    tx: &mut Tx<'_>,
    wish: &Handle,
    email: Option<&str>,
    birth_date: Option<&str>,
) -> Result<Vec<Suggestion>, store::Error> {
    let name = name_under(&pds.handle_domains, wish);
    let domain = name.and_then(|name| wish.as_str().get(name.len()..));
    let Some(domain) = domain.or(pds.handle_domains.first().map(String::as_str)) else {
        return Ok(Vec::new());
    };
    let base = name.unwrap_or(wish.as_str()).split('.').next().unwrap_or_default();
    let mut found: Vec<Suggestion> = Vec::new();
    for (name, method) in ideas(base, email, birth_date).take(TRIES_MAX) {
        let Ok(handle) = Handle::parse(&format!("{name}{domain}")) else { continue };
        let is_new = found.iter().all(|suggestion| suggestion.handle != handle);
        if is_new && is_free(pds, tx, &handle)? {
            found.push(Suggestion { handle, method: method.to_owned() });
        }
        if found.len() == PROPOSALS {
            break;
        }
    }
    Ok(found)
}

/// Returns names that could do, the likeliest first, and what each is made of.
fn ideas(
    base: &str,
    email: Option<&str>,
    birth_date: Option<&str>,
) -> impl Iterator<Item = (String, &'static str)> {
    let base = base.trim_matches('-').to_owned();
    let local = email.and_then(|email| email.split(['@', '+']).next()).map(|local| {
        let is_kept = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
        local.to_ascii_lowercase().replace(['.', '_'], "-").chars().filter(is_kept).collect()
    });
    let local = local.map(|local: String| (shortened(local.trim_matches('-'), ""), "email"));
    let year = birth_date.and_then(|date| date.get(..4)).map(str::to_owned);
    let short = year.as_deref().and_then(|year| year.get(2..)).map(str::to_owned);
    let years = [short, year].into_iter().flatten();
    let dated: Vec<_> = years.map(|year| (shortened(&base, &year), "birth_date")).collect();
    let numbers = (1..100).map(move |number| (shortened(&base, &number.to_string()), "number"));
    local.into_iter().chain(dated).chain(numbers)
}

/// Puts something behind a name, and takes away what is too much before it.
fn shortened(base: &str, end: &str) -> String {
    let room = NAME_CHARS_MAX.saturating_sub(end.len());
    let kept: String = base.chars().take(room).collect();
    format!("{}{end}", kept.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ideas_are_names_that_fit() {
        let of = |base, email, date| {
            let names = ideas(base, email, date).map(|(name, _)| name);
            names.take(4).collect::<Vec<_>>()
        };
        assert_eq!(of("alice", None, None), ["alice1", "alice2", "alice3", "alice4"]);
        let all = of("alice", Some("A.Smith+x@example.com"), Some("1990-01-02T00:00:00Z"));
        assert_eq!(all, ["a-smith", "alice90", "alice1990", "alice1"]);
        let long = of("a-very-long-name-x-y", None, None);
        assert_eq!(long[0], "a-very-long-name1");
        assert!(of("x", Some("@"), Some("")).iter().all(|name| name.len() <= NAME_CHARS_MAX));
    }
}
