//! A repository as its writer knows it: the head, as much of the tree as was needed, the key.

use std::sync::Arc;

use crypto::PrivateKey;
use repo::commit::Commit;
use repo::mst::{Key, NodeSource as _, Position, Tree, TreeError};
use store::AccountId;
use store::repo::{Head, RepoId};
use syntax::{Cid, Did, Tid};

use super::{Error, Shared};

/// From which size on parts of a tree that were not used last are let go.
const TREE_BYTES_MAX: usize = 256 << 10;

/// How many commits are between two looks at the size of the tree.
const TRIM_EVERY: u32 = 16;

/// A repository at its newest commit, which may still be on its way to the disk.
pub(crate) struct OpenRepo {
    pub(crate) did: Did,
    pub(crate) account: AccountId,
    pub(crate) repo: RepoId,
    pub(crate) commit: Cid,
    pub(crate) rev: Tid,
    pub(super) tree: Tree,
    /// About how many bytes the tree takes.
    tree_bytes: usize,
    /// How many commits were made since it was read.
    commits: u32,
    pub(crate) key: Arc<PrivateKey>,
    /// What records of commits that are still on their way are about.
    pub(super) subjects: Vec<(Tid, i64, Key)>,
}

impl OpenRepo {
    /// Reads an account's repository from the store.
    pub(super) async fn load(shared: &Shared, did: &Did) -> Result<Self, Error> {
        let (account, head) = shared
            .store
            .read(|tx| {
                let account = tx.account(did)?.ok_or(Error::Missing)?;
                let head = tx.head(account.id)?.ok_or(Error::Missing)?;
                Ok::<_, Error>((account, head))
            })
            .await?;
        let key = shared.keys.signing_key(did, &account.signing_key);
        let key = key.map_err(|err| Error::Key(Arc::new(err)))?;
        Self::at(shared, did.clone(), &head, key)
    }

    fn at(shared: &Shared, did: Did, head: &Head, key: PrivateKey) -> Result<Self, Error> {
        let tree = open_tree(shared, head).map_err(|err| Error::Draft(Arc::new(err.into())))?;
        Ok(Self {
            did,
            account: head.account,
            repo: head.repo,
            commit: head.commit,
            rev: head.rev,
            tree_bytes: tree.memory_bytes(),
            tree,
            commits: 0,
            key: Arc::new(key),
            subjects: Vec::new(),
        })
    }

    /// Signs a new commit of the same tree.
    pub(crate) fn sign_anew(&self, rev: Tid) -> Commit {
        self.sign(self.tree.root(), rev)
    }

    /// Signs a commit of another tree.
    pub(crate) fn sign(&self, data: Cid, rev: Tid) -> Commit {
        Commit::sign(self.did.clone(), data, rev, &self.key)
    }

    /// Returns about how many bytes of memory it took when that was last looked at.
    pub(super) fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.tree_bytes
    }

    /// Lets go of what is not near `keys`, if it has become much. Now and then only: looking costs
    /// more than a few commits can add.
    pub(super) fn trim(&mut self, keys: &[Key]) {
        self.commits += 1;
        if self.commits % TRIM_EVERY != 1 {
            return;
        }
        self.tree_bytes = self.tree.memory_bytes();
        if self.tree_bytes > TREE_BYTES_MAX {
            self.tree = self.tree.unload_except(keys);
            self.tree_bytes = self.tree.memory_bytes();
        }
    }
}

fn open_tree(shared: &Shared, head: &Head) -> Result<Tree, TreeError> {
    let empty = Tree::empty();
    if head.data == empty.root() {
        return Ok(empty);
    }
    let nodes = shared.store.nodes(head.repo);
    let block = (&nodes).node(Position { layer: head.layer, lo: None }, &head.data)?;
    let missing = TreeError::Missing { cid: head.data, layer: head.layer, lo: None };
    Tree::open(head.data, block.ok_or(missing)?)
}
