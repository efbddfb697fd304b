//! Accounts for tests.

use serde_json::{Value, json};

use super::Pds;

/// An account that a test made, and the session that came with it.
#[derive(Debug, Clone)]
pub(crate) struct TestAccount {
    /// Its DID.
    pub(crate) did: String,
    /// Its handle.
    pub(crate) handle: String,
    /// Its e-mail address.
    pub(crate) email: String,
    /// Its password.
    pub(crate) password: String,
    /// An access token.
    pub(crate) access: String,
    /// A refresh token.
    pub(crate) refresh: String,
}

impl Pds {
    /// Makes the account `NAME.test`.
    pub(crate) async fn account(&self, name: &str) -> TestAccount {
        let (handle, email) = (format!("{name}.test"), format!("{name}@example.com"));
        let password = format!("password of {name}");
        let input = json!({ "handle": handle, "email": email, "password": password });
        let made = self.post("com.atproto.server.createAccount").json(&input).send().await.ok();
        let text = |name: &str| made[name].as_str().expect("it is a text").to_owned();
        TestAccount {
            did: text("did"),
            access: text("accessJwt"),
            refresh: text("refreshJwt"),
            handle,
            email,
            password,
        }
    }

    /// Signs in and returns what was answered.
    pub(crate) async fn sign_in(&self, identifier: &str, password: &str) -> Value {
        let input = json!({ "identifier": identifier, "password": password });
        self.post("com.atproto.server.createSession").json(&input).send().await.ok()
    }

    /// Returns the mails to an address, the newest first: subject and text.
    pub(crate) async fn mails(&self, to: &str) -> Vec<(String, String)> {
        let mails = self.get("/dev/mail").send().await.ok();
        let mails = mails.as_array().expect("it is a list").iter();
        let text = |mail: &Value, name: &str| mail[name].as_str().unwrap_or_default().to_owned();
        mails
            .filter(|mail| mail["to"] == to)
            .map(|mail| (text(mail, "subject"), text(mail, "text")))
            .collect()
    }

    /// Returns the code in the newest mail to an address.
    pub(crate) async fn mailed_code(&self, to: &str) -> String {
        let mails = self.mails(to).await;
        let (_, text) = mails.first().expect("there is a mail");
        let line = text.lines().find(|line| line.starts_with("    "));
        line.expect("there is a code in the mail").trim().to_owned()
    }
}
