//! The reader's own name and picture.

use serde_json::{Map, Value, json};

use super::View;

impl View<'_> {
    /// Puts what is new into the reader's own profile, if it is theirs.
    pub(super) fn patch_profile(&self, profile: &mut Value) {
        let (Some(new), Some(shown)) = (self.local.new_profile(), profile.as_object_mut()) else {
            return;
        };
        if shown.get("did").and_then(Value::as_str) != Some(self.account.did.as_str()) {
            return;
        }
        self.set_basics(new, shown);
        set(shown, "description", new.get("description").cloned());
        set(shown, "banner", self.image("banner", new.get("banner")));
    }

    /// Puts what is new into the reader's name and picture wherever they appear.
    pub(super) fn patch_authors(&self, value: &mut Value) {
        let Some(new) = self.local.new_profile() else { return };
        match value {
            Value::Array(items) => items.iter_mut().for_each(|item| self.patch_authors(item)),
            Value::Object(shown) => {
                let is = |name: &str, text| shown.get(name).and_then(Value::as_str) == Some(text);
                if is("did", self.account.did.as_str()) && shown.contains_key("handle") {
                    self.set_basics(new, shown);
                }
                // Records are what somebody wrote, and nobody's view.
                let inner =
                    shown.iter_mut().filter(|(name, _)| !matches!(&***name, "record" | "value"));
                inner.for_each(|(_, item)| self.patch_authors(item));
                // But what a post quotes is a view, also where it comes with media.
                let mut quoted = shown.get_mut("record");
                if quoted.as_ref().is_some_and(|quoted| quoted.get("author").is_none()) {
                    quoted = quoted.and_then(|quoted| quoted.get_mut("record"));
                }
                if let Some(quoted) = quoted.filter(|quoted| quoted.get("author").is_some()) {
                    self.patch_authors(quoted);
                }
            }
            _ => {}
        }
    }

    /// Returns the reader as authors are shown.
    pub(super) fn author(&self) -> Value {
        let handle = self.account.handle.as_ref();
        let handle = handle.map_or("handle.invalid", |handle| handle.as_str());
        let mut author =
            json!({ "did": self.account.did.as_str(), "handle": handle, "labels": [] });
        if let (Some(profile), Some(author)) = (&self.local.profile, author.as_object_mut()) {
            self.set_basics(profile, author);
        }
        author
    }

    fn set_basics(&self, profile: &Value, shown: &mut Map<String, Value>) {
        set(shown, "displayName", profile.get("displayName").cloned());
        set(shown, "avatar", self.image("avatar", profile.get("avatar")));
    }

    /// Returns where an image is shown in a size.
    pub(super) fn image(&self, size: &str, blob: Option<&Value>) -> Option<Value> {
        let cid = blob?.get("ref")?.get("$link")?.as_str()?;
        let did = self.account.did.as_str();
        Some(Value::from(match &self.pds.proxy.cdn_url_pattern {
            Some(pattern) => [size, did, cid]
                .into_iter()
                .fold(pattern.clone(), |url, part| url.replacen("%s", part, 1)),
            None => format!("{}/xrpc/com.atproto.sync.getBlob?did={did}&cid={cid}", self.pds.url),
        }))
    }
}

fn set(shown: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => {
            shown.insert(name.to_owned(), value);
        }
        None => {
            shown.remove(name);
        }
    }
}
