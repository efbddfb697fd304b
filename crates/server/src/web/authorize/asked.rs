//! What an app asks for, as the page shows it.

use ::oauth::permission_set::granted;
use ::oauth::scope::{
    AccountAction, Area as Asking, Audiences, Content, IdentityAttr, Include, Names, RepoAction,
    RepoActions, Scopes,
};
use pages::Lang;
use pages::permission::{Area, Calls, Collection, Permission, Writing};
use syntax::Language;

use crate::oauth::Sets;

/// What an app asks for, by what it is about.
pub(in crate::web) struct Asked<'a> {
    areas: Vec<Asking>,
    /// What is in the permission sets among them.
    inner: Vec<Vec<Asking>>,
    sets: &'a Sets,
    languages: Vec<Language>,
}

/// What is shown of one area, whose parts the page borrows.
#[derive(Default)]
pub(in crate::web) struct Row<'a> {
    collections: Vec<Collection<'a>>,
    /// Services, each with its methods.
    services: Vec<(Option<&'a str>, Vec<pages::Name<'a>>)>,
    kinds: Vec<pages::Name<'a>>,
}

impl<'a> Asked<'a> {
    /// Sorts what an app asks for.
    pub(in crate::web) fn new(scope: &Scopes, sets: &'a Sets, lang: Lang) -> Self {
        let areas = scope.areas();
        let inner = areas.iter().map(|area| match area.content() {
            Content::Set(include) => within(include, sets),
            _ => Vec::new(),
        });
        let inner = inner.collect();
        let languages = Language::parse(lang.tag()).into_iter().collect();
        Self { areas, inner, sets, languages }
    }

    /// Returns the parts of what is shown.
    pub(in crate::web) fn rows(&self) -> Vec<Row<'_>> {
        let each = self.areas.iter().zip(&self.inner).map(|(area, inner)| {
            let mut row = Row::default();
            for area in std::iter::once(area).chain(inner) {
                row.add(area.content());
            }
            row
        });
        each.collect()
    }

    /// Returns what the page shows.
    pub(in crate::web) fn permissions<'r>(
        &'r self,
        rows: &'r [Row<'r>],
        calls: &'r [Vec<Calls<'r>>],
    ) -> Vec<Permission<'r>> {
        let parts = rows.iter().zip(calls);
        let each = self.areas.iter().zip(parts).map(|(area, (row, calls))| Permission {
            area: self.area(area.content(), row, calls),
            key: area.is_optional().then(|| area.key().as_str()),
            is_ticked: true,
        });
        each.collect()
    }

    fn area<'r>(
        &'r self,
        content: &'r Content,
        row: &'r Row<'r>,
        calls: &'r [Calls<'r>],
    ) -> Area<'r> {
        match content {
            Content::SignIn => Area::Identity,
            Content::Generic => Area::Everything,
            Content::Chats => Area::Chat,
            Content::Records(rows) => match rows.as_slice() {
                [(names, actions)] if names.are_all() => Area::AllRecords(writing(*actions)),
                _ => Area::Records(&row.collections),
            },
            Content::Calls { .. } => Area::Calls(calls),
            Content::Files(_) => Area::Files { kinds: &row.kinds },
            Content::Email(action) => Area::Email { manage: *action == AccountAction::Manage },
            Content::Repository(action) => {
                Area::Repository { manage: *action == AccountAction::Manage }
            }
            Content::Identity(IdentityAttr::Handle) => Area::Handle,
            Content::Identity(IdentityAttr::All) => Area::FullIdentity,
            Content::Set(include) => {
                let set = self.sets.get(include.nsid());
                let title = set.and_then(|set| set.title(&self.languages));
                let detail = set.and_then(|set| set.detail(&self.languages));
                Area::Set {
                    title: title.unwrap_or(include.nsid().as_str()).into(),
                    detail: detail.unwrap_or_default().into(),
                    nsid: include.nsid().as_str().into(),
                    records: &row.collections,
                    calls,
                }
            }
        }
    }
}

/// Returns what is in a permission set.
fn within(include: &Include, sets: &Sets) -> Vec<Asking> {
    let Some(set) = sets.get(include.nsid()) else { return Vec::new() };
    granted(include, set).collect::<Scopes>().areas()
}

fn writing(actions: RepoActions) -> Writing {
    Writing {
        create: actions.contains(RepoAction::Create),
        update: actions.contains(RepoAction::Update),
        delete: actions.contains(RepoAction::Delete),
    }
}

impl<'a> Row<'a> {
    /// Returns the services, as the page takes them.
    pub(in crate::web) fn calls(&self) -> Vec<Calls<'_>> {
        let each = self
            .services
            .iter()
            .map(|(service, methods)| Calls { service: service.map(Into::into), methods });
        each.collect()
    }

    fn add(&mut self, content: &'a Content) {
        match content {
            Content::Records(rows) => {
                for (names, actions) in rows {
                    self.collections.extend(collections(names, *actions));
                }
            }
            Content::Calls { methods, audiences } => {
                let service = match audiences {
                    Audiences::All => None,
                    one => Some(one.as_str()),
                };
                let methods = methods.as_listed().unwrap_or_default();
                let methods = methods.iter().map(|method| method.as_str().into()).collect();
                self.services.push((service, methods));
            }
            Content::Files(ranges) => {
                let listed = ranges.iter().map(|range| range.as_str());
                self.kinds.extend(listed.filter(|range| *range != "*/*").map(pages::Name::from));
            }
            _ => {}
        }
    }
}

fn collections(names: &Names, actions: RepoActions) -> impl Iterator<Item = Collection<'_>> {
    let all = names.are_all().then_some("*");
    let listed = names.as_listed().unwrap_or_default().iter().map(|nsid| nsid.as_str());
    let names = all.into_iter().chain(listed);
    names.map(move |name| Collection { nsid: name.into(), writing: writing(actions) })
}
