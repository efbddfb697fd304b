//! The pages of an account: what its owner sees and does there, and nobody else.

mod access;
mod directory;
mod doors;
mod identity;
mod leaving;
mod safety;
mod wanted;

use crate::harness::{Browser, Page, Pds, TestAccount};

/// A server, an account, and the browser in which its owner is signed in.
struct Desk {
    pds: Pds,
    alice: TestAccount,
    browser: Browser,
}

impl Desk {
    async fn new() -> Self {
        let pds = Pds::start().await;
        let alice = pds.account("alice").await;
        let browser = signed_in(&pds, &alice).await;
        Self { pds, alice, browser }
    }

    /// Returns the path of a page of the account.
    fn at(&self, step: &str) -> String {
        at(&self.alice, step)
    }

    /// Shows a page of the account.
    async fn see(&mut self, step: &str) -> Page {
        let path = self.at(step);
        let page = self.browser.get(&path).await;
        assert_eq!((page.status.as_u16(), page.at.as_str()), (200, path.as_str()));
        page
    }

    /// Sends a form of a page with what is typed.
    async fn send(&mut self, page: &Page, step: &str, fields: &[(&str, &str)]) -> Page {
        let action = self.at(step);
        self.browser.submit(page, &action, fields).await
    }

    /// Sends a form that has to be corrected.
    async fn refused(&mut self, page: &Page, step: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.send(page, step, fields).await;
        assert_eq!(page.status, 422, "{}", page.text());
        page
    }

    /// Returns the code in the newest mail to the owner.
    async fn code(&self) -> String {
        self.pds.mailed_code(&self.alice.email).await
    }

    /// Tells whether the session that the account began with goes on.
    async fn session_goes_on(&self) -> bool {
        goes_on(&self.pds, &self.alice.refresh).await
    }

    /// Confirms the address by the pages.
    async fn confirm_email(&mut self) {
        let page = self.see("/email").await;
        let page = self.send(&page, "/email/send", &[]).await;
        let code = self.code().await;
        let page = self.send(&page, "/email/confirm", &[("code", &code)]).await;
        assert_eq!(page.status, 200);
    }

    /// Has codes asked for at sign-in, by the pages.
    async fn turn_codes_on(&mut self) {
        self.confirm_email().await;
        let page = self.see("/second-factor").await;
        let password = self.alice.password.clone();
        let page = self.send(&page, "/second-factor", &[("password", &password)]).await;
        assert_eq!(page.status, 200);
    }
}

fn at(account: &TestAccount, step: &str) -> String {
    format!("/account/u/{}{step}", account.did)
}

/// Returns what the buttons of a page name things by.
fn ids(page: &Page) -> Vec<String> {
    let after = page.html.split("name=\"id\" value=\"").skip(1);
    after.map(|after| after.split('"').next().unwrap_or_default().to_owned()).collect()
}

/// Opens a browser and signs somebody in.
async fn signed_in(pds: &Pds, account: &TestAccount) -> Browser {
    let mut browser = Browser::new(&pds.public_url());
    let page = sign_in(&mut browser, account).await;
    assert_eq!((page.status.as_u16(), page.at), (200, at(account, "")));
    browser
}

async fn sign_in(browser: &mut Browser, account: &TestAccount) -> Page {
    let page = browser.get("/account/sign-in").await;
    let fields = [("identifier", account.handle.as_str()), ("password", &account.password)];
    browser.submit(&page, "/account/sign-in", &fields).await
}

async fn goes_on(pds: &Pds, refresh: &str) -> bool {
    let refreshed = pds.post("com.atproto.server.refreshSession").token(refresh).send().await;
    refreshed.status.is_success()
}
