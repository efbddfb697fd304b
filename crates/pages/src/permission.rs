//! What an application asks for or may do, in words.
//!
//! These are plain data: what follows from a scope is decided elsewhere, and so is what remains when
//! somebody unticks a part.

use crate::{Id, Lang, Name, Sentence};

/// Something that an application asks for or may do.
#[derive(Debug, Clone, Copy)]
pub struct Permission<'a> {
    /// What it is about.
    pub area: Area<'a>,
    /// The value of the field `allow` by which it is given. Absent if it cannot be unticked.
    pub key: Option<&'a str>,
    /// Whether it is ticked.
    pub is_ticked: bool,
}

/// What a permission is about.
#[derive(Debug, Clone, Copy)]
pub enum Area<'a> {
    /// Knowing who somebody is: the DID, which is public.
    Identity,
    /// The e-mail address.
    Email {
        /// Whether it may be confirmed and changed, or read only.
        manage: bool,
    },
    /// Whether the account is active.
    Status {
        /// Whether that may be changed, or read only.
        manage: bool,
    },
    /// The repository as a whole.
    Repository {
        /// Whether all records may be replaced, or read only.
        manage: bool,
    },
    /// Records of some collections.
    Records(&'a [Collection<'a>]),
    /// Records of whatever collection.
    AllRecords(Writing),
    /// Files, such as pictures.
    Files {
        /// The kinds, such as `image/*`. All kinds if there are none.
        kinds: &'a [Name<'a>],
    },
    /// Asking services in somebody's name.
    Calls(&'a [Calls<'a>]),
    /// Changing the handle.
    Handle,
    /// Changing everything about the identity: the handle, the host, the keys.
    FullIdentity,
    /// What apps could do before there were finer permissions: all but messages and the account itself.
    Everything,
    /// Private messages on Bluesky.
    Chat,
    /// Permissions that somebody has put together under a name.
    Set {
        /// What they call it, in the language of the page if they say it in that.
        title: Name<'a>,
        /// What they say of it.
        detail: Sentence<'a>,
        /// The identifier of the set.
        nsid: Name<'a>,
        /// The records that it is about.
        records: &'a [Collection<'a>],
        /// The services that are asked.
        calls: &'a [Calls<'a>],
    },
    /// Something that this page has no words for.
    Other(Id<'a>),
}

/// What may be done with records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Writing {
    /// Whether new ones are made.
    pub create: bool,
    /// Whether they are changed.
    pub update: bool,
    /// Whether they are deleted.
    pub delete: bool,
}

/// A collection, and what may be done with its records.
#[derive(Debug, Clone, Copy)]
pub struct Collection<'a> {
    /// Its identifier, such as `app.bsky.feed.post`.
    pub nsid: Name<'a>,
    /// What may be done.
    pub writing: Writing,
}

/// What a service may be asked.
#[derive(Debug, Clone, Copy)]
pub struct Calls<'a> {
    /// The service, such as `did:web:api.example.com#appview`. Any if absent.
    pub service: Option<Id<'a>>,
    /// The methods. All of them if there are none.
    pub methods: &'a [Name<'a>],
}

impl Writing {
    /// All of it.
    pub const ALL: Self = Self { create: true, update: true, delete: true };

    pub(crate) fn words(self, lang: Lang) -> String {
        let words = [
            (self.create, lang.writing_create()),
            (self.update, lang.writing_update()),
            (self.delete, lang.writing_delete()),
        ];
        let said: Vec<&str> = words.iter().filter(|(may, _)| *may).map(|(_, word)| *word).collect();
        said.join(", ")
    }
}

impl Area<'_> {
    pub(crate) fn is_identity(&self) -> bool {
        matches!(self, Self::Identity)
    }

    /// Returns what it is about, in a few words.
    pub(crate) fn title(&self, lang: Lang) -> String {
        let title = match self {
            Self::Identity => lang.area_identity(),
            Self::Email { .. } => lang.area_email(),
            Self::Status { .. } => lang.area_status(),
            Self::Repository { .. } => lang.area_repository(),
            Self::Records(_) | Self::AllRecords(_) => lang.area_records(),
            Self::Files { .. } => lang.area_files(),
            Self::Calls(_) => lang.area_calls(),
            Self::Handle => lang.area_handle(),
            Self::FullIdentity => lang.area_full_identity(),
            Self::Everything => lang.area_everything(),
            Self::Chat => lang.area_chat(),
            Self::Set { title, nsid, .. } if title.is_empty() => return nsid.to_string(),
            Self::Set { title, .. } => return title.to_string(),
            Self::Other(_) => lang.area_other(),
        };
        title.to_owned()
    }

    /// Says what the application could do.
    pub(crate) fn sentence(&self, lang: Lang) -> String {
        let sentence = match self {
            Self::Identity => lang.may_identity(),
            Self::Email { manage: false } => lang.may_email(),
            Self::Email { manage: true } => lang.may_email_manage(),
            Self::Status { manage: false } => lang.may_status(),
            Self::Status { manage: true } => lang.may_status_manage(),
            Self::Repository { manage: false } => lang.may_repository(),
            Self::Repository { manage: true } => lang.may_repository_manage(),
            Self::Records(_) => lang.may_records(),
            Self::AllRecords(writing) => return lang.may_all_records(writing.words(lang)),
            Self::Files { kinds: [] } => lang.may_files(),
            Self::Files { .. } => lang.may_files_of(),
            Self::Calls(_) => lang.may_calls(),
            Self::Handle => lang.may_handle(),
            Self::FullIdentity => lang.may_full_identity(),
            Self::Everything => lang.may_everything(),
            Self::Chat => lang.may_chat(),
            Self::Set { detail, .. } if detail.is_empty() => lang.may_set(),
            Self::Set { detail, .. } => return detail.to_string(),
            Self::Other(_) => lang.may_other(),
        };
        sentence.to_owned()
    }

    /// Says what may come of it, where that is grave.
    pub(crate) fn warning(&self, lang: Lang) -> Option<&'static str> {
        match self {
            Self::FullIdentity => Some(lang.warn_full_identity()),
            Self::Repository { manage: true } => Some(lang.warn_repository()),
            Self::Status { manage: true } => Some(lang.warn_status()),
            Self::Email { manage: true } => Some(lang.warn_email()),
            _ => None,
        }
    }

    pub(crate) fn records(&self) -> &[Collection<'_>] {
        match self {
            Self::Records(records) | Self::Set { records, .. } => records,
            _ => &[],
        }
    }

    pub(crate) fn calls(&self) -> &[Calls<'_>] {
        match self {
            Self::Calls(calls) | Self::Set { calls, .. } => calls,
            _ => &[],
        }
    }

    pub(crate) fn kinds(&self) -> &[Name<'_>] {
        match self {
            Self::Files { kinds } => kinds,
            _ => &[],
        }
    }

    /// Returns what stands behind the words, where that is more than the words.
    pub(crate) fn code(&self) -> Option<String> {
        match self {
            Self::Set { nsid, .. } => Some(nsid.to_string()),
            Self::Other(scope) => Some(scope.to_string()),
            _ => None,
        }
    }
}

impl Collection<'_> {
    /// Returns what the records of a well-known collection are called.
    pub(crate) fn known(&self, lang: Lang) -> Option<&'static str> {
        Some(match self.nsid.as_came() {
            "app.bsky.actor.profile" => lang.records_profile(),
            "app.bsky.actor.status" => lang.records_status(),
            "app.bsky.feed.generator" => lang.records_generators(),
            "app.bsky.feed.like" => lang.records_likes(),
            "app.bsky.feed.post" => lang.records_posts(),
            "app.bsky.feed.postgate" | "app.bsky.feed.threadgate" => lang.records_gates(),
            "app.bsky.feed.repost" => lang.records_reposts(),
            "app.bsky.graph.block" => lang.records_blocks(),
            "app.bsky.graph.follow" => lang.records_follows(),
            "app.bsky.graph.list" => lang.records_lists(),
            "app.bsky.graph.listblock" => lang.records_list_blocks(),
            "app.bsky.graph.listitem" => lang.records_list_items(),
            "app.bsky.graph.starterpack" => lang.records_starter_packs(),
            "app.bsky.graph.verification" => lang.records_verifications(),
            "app.bsky.labeler.service" => lang.records_labeler(),
            "app.bsky.notification.declaration" => lang.records_notification(),
            "chat.bsky.actor.declaration" => lang.records_chat(),
            "com.atproto.lexicon.schema" => lang.records_schemas(),
            _ => return None,
        })
    }
}

impl Calls<'_> {
    /// Returns what a well-known service is called.
    pub(crate) fn known(&self, lang: Lang) -> Option<&'static str> {
        Some(match self.service.map(|service| service.as_came()) {
            None => lang.service_any(),
            Some("did:web:api.bsky.app#bsky_appview") => lang.service_bluesky(),
            Some("did:web:api.bsky.chat#bsky_chat") => lang.service_chat(),
            Some("did:web:video.bsky.app#bsky_video") => lang.service_video(),
            Some(_) => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_grave_has_a_warning_and_what_is_not_has_none() {
        let lang = Lang::English;
        for area in [
            Area::FullIdentity,
            Area::Repository { manage: true },
            Area::Status { manage: true },
            Area::Email { manage: true },
        ] {
            assert!(area.warning(lang).is_some(), "{area:?}");
        }
        for area in [
            Area::Identity,
            Area::Handle,
            Area::Email { manage: false },
            Area::Status { manage: false },
            Area::Repository { manage: false },
        ] {
            assert!(area.warning(lang).is_none(), "{area:?}");
        }
    }

    #[test]
    fn sentences_say_what_may_be_done_and_no_more() {
        let create = Writing { create: true, update: false, delete: false };
        let said = Area::AllRecords(create).sentence(Lang::English);
        assert!(said.contains("create") && !said.contains("delete"), "{said}");
        let said = Area::AllRecords(Writing::ALL).sentence(Lang::English);
        assert!(said.contains("create, change, delete"), "{said}");
    }

    #[test]
    fn sets_without_words_of_their_own_have_ours() {
        let set = Area::Set {
            title: "".into(),
            detail: "".into(),
            nsid: "com.example.auth".into(),
            records: &[],
            calls: &[],
        };
        assert_eq!(set.title(Lang::English), "com.example.auth");
        assert_eq!(set.sentence(Lang::French), Lang::French.may_set());
    }
}
