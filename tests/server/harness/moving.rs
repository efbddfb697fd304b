//! Accounts that move from one server of a test to another.

use bytes::Bytes;
use identity::plc::Operation;
use repo::car;
use serde_json::{Value, json};

use super::{Answer, Copy, Pds, TestAccount};

const CAR: &str = "application/vnd.ipld.car";

impl Pds {
    /// Starts a server with the directory of did:plc of another.
    pub(crate) async fn start_beside(other: &Pds, name: &str) -> Self {
        let (plc_url, did) = (other.plc_url(), format!("did:web:{name}.test"));
        Self::start_with(|config| {
            config.plc_listen = None;
            config.plc_url = Some(plc_url.parse().expect("it is an address"));
            config.service_did = Some(did.parse().expect("it is a DID"));
            config.retention.sweep_seconds = 1;
        })
        .await
    }

    /// Makes the account of somebody who is at `old`, with a token from there.
    pub(crate) async fn move_in(&self, old: &Pds, owner: &TestAccount) -> Answer {
        let session = old.sign_in(&owner.did, &owner.password).await;
        let did = self.get("com.atproto.server.describeServer").send().await.ok()["did"].clone();
        let lxm = "com.atproto.server.createAccount";
        let ask = old.get("com.atproto.server.getServiceAuth").param("lxm", lxm);
        let ask = ask.param("aud", did.as_str().expect("servers have DIDs"));
        let token = ask.token(session["accessJwt"].as_str().expect("it is a token")).send().await;
        let input = json!({
            "did": owner.did, "handle": owner.handle, "email": owner.email,
            "password": owner.password,
        });
        let ask = self.post(lxm).json(&input);
        ask.token(token.ok()["token"].as_str().expect("it is a token")).send().await
    }

    /// Returns the account of somebody who has moved in.
    pub(crate) async fn moved_in(&self, old: &Pds, owner: &TestAccount) -> TestAccount {
        let made = self.move_in(old, owner).await.ok();
        let text = |name: &str| made[name].as_str().expect("it is a text").to_owned();
        TestAccount { access: text("accessJwt"), refresh: text("refreshJwt"), ..owner.clone() }
    }

    /// Imports a repository.
    pub(crate) async fn import(&self, owner: &TestAccount, car: impl Into<Bytes>) -> Answer {
        self.post("com.atproto.repo.importRepo").by(owner).body(CAR, car).send().await
    }

    /// Returns the whole repository as its owner gets it, or what is newer than a revision.
    pub(crate) async fn export(&self, owner: &TestAccount, since: Option<&str>) -> Answer {
        let ask = self.get("com.atproto.sync.getRepo").param("did", &owner.did).by(owner);
        let ask = match since {
            Some(since) => ask.param("since", since),
            None => ask,
        };
        ask.send().await
    }

    /// Changes the identity of an account here, also in ways that the server would not send on.
    pub(crate) async fn change_identity(&self, owner: &TestAccount, mut change: Value) {
        let request = self.post("com.atproto.identity.requestPlcOperationSignature").by(owner);
        request.send().await.ok();
        change["token"] = json!(self.mailed_code(&owner.email).await);
        let sign = self.post("com.atproto.identity.signPlcOperation").by(owner).json(&change);
        let operation = sign.send().await.ok()["operation"].to_string();
        let operation = Operation::parse(operation.as_bytes()).expect("it is an operation");
        let did = owner.did.parse().expect("it is a DID");
        let plc = crate::identity::directory(self);
        plc.submit(&did, &operation).await.expect("the directory takes it");
    }

    /// Makes the identity of an account point at this server, with a code that `old` mails.
    pub(crate) async fn point_here(&self, old: &Pds, there: &TestAccount, here: &TestAccount) {
        let recommended = self.get("com.atproto.identity.getRecommendedDidCredentials").by(here);
        let mut input: Value = recommended.send().await.ok();
        let request = old.post("com.atproto.identity.requestPlcOperationSignature").by(there);
        request.send().await.ok();
        input["token"] = json!(old.mailed_code(&there.email).await);
        let sign = old.post("com.atproto.identity.signPlcOperation").by(there).json(&input);
        let signed = sign.send().await.ok();
        let submit = self.post("com.atproto.identity.submitPlcOperation").by(here).json(&signed);
        submit.send().await.ok();
    }
}

impl Copy {
    /// Writes the repository as a CAR file, without the blocks that `had` has: what a server that
    /// finds blocks by their CIDs sends to who has been there before.
    pub(crate) fn car_without(&self, had: &Copy) -> Vec<u8> {
        let mut car = car::header(&[self.root]);
        for cid in &self.order {
            if had.blocks.get(cid).is_none() {
                car::put_block(&mut car, cid, self.blocks.get(cid).expect("it has it"));
            }
        }
        car
    }
}
