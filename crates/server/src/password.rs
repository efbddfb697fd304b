//! Passwords: hashing them, checking them, making those for apps.
//!
//! New hashes are argon2id, in the usual text form. Hashes of the reference (scrypt, `salt:hash`)
//! are read, so that its accounts can be taken over, and replaced when their owners sign in. App
//! passwords are random enough for a plain hash, which makes looking one up cheap.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use data_encoding::{BASE32_NOPAD, BASE64_NOPAD, HEXLOWER};
use http::StatusCode;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use syntax::Did;
use thiserror::Error;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use crate::failure::{Failure, Fault, Refusal};

/// The most characters of a new password.
const NEW_CHARS_MAX: usize = 256;
/// The most characters of a password that is checked: hosts of old allowed as many.
const CHARS_MAX: usize = 512;

/// Memory in KiB, passes, lanes: what OWASP recommends for argon2id.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// How many may wait for a thread that hashes; further ones are sent away.
const WAITING_MAX: usize = 256;
/// How the reference hashes: the logarithm of the cost, the block size, the parallelism.
const SCRYPT_COST: (u8, u32, u32) = (14, 8, 1);
/// What hashes of app passwords begin with.
const APP_PREFIX: &str = "$sha256$";

/// Where passwords are hashed: on a few threads, so that a flood of sign-ins cannot have them all.
pub(crate) struct Passwords {
    threads: Semaphore,
    waiting: Semaphore,
    /// Checked where there is no account, so that the time does not tell.
    decoy: String,
}

/// What checking a password found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Check {
    /// It is another password.
    Wrong,
    /// It is the password.
    Right,
    /// It is the password, and its hash should be made anew.
    RightButOutdated,
}

/// Says why no password was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum PasswordError {
    /// Too many wait already.
    #[error("too many passwords wait to be hashed")]
    Busy,
    /// The computation failed.
    #[error("hashing failed")]
    Failed,
}

impl Passwords {
    /// Hashes on so many threads at a time.
    pub(crate) fn new(threads: usize) -> Self {
        // Never computed: a salt and a hash that no password has.
        let decoy = encode(&[0; SALT_BYTES], &[0; HASH_BYTES]);
        Self {
            threads: Semaphore::new(threads.max(1)),
            waiting: Semaphore::new(WAITING_MAX),
            decoy,
        }
    }

    /// Hashes a new password.
    pub(crate) async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let password = Zeroizing::new(password.to_owned());
        self.run(move || {
            let salt = random::<SALT_BYTES>();
            Some(encode(&salt, &argon2id(&password, &salt, COST)?))
        })
        .await
    }

    /// Checks a password against a hash; without one the answer is no, and takes as long.
    pub(crate) async fn check(
        &self,
        hash: Option<&str>,
        password: &str,
    ) -> Result<Check, PasswordError> {
        if password.chars().count() > CHARS_MAX {
            return Ok(Check::Wrong);
        }
        let hash = hash.unwrap_or(&self.decoy).to_owned();
        let password = Zeroizing::new(password.to_owned());
        self.run(move || check(&hash, &password)).await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Option<T> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _waiting = self.waiting.try_acquire().map_err(|_| PasswordError::Busy)?;
        let _thread = self.threads.acquire().await.map_err(|_| PasswordError::Busy)?;
        metrics::counter!("pagurus_passwords_hashed_total").increment(1);
        let done = spawn_blocking(work).await.map_err(|_| PasswordError::Failed)?;
        done.ok_or(PasswordError::Failed)
    }
}

/// Refuses a new password that is too long.
pub(crate) fn check_new(password: &str) -> Result<(), Refusal> {
    if password.chars().count() > NEW_CHARS_MAX {
        return Err(Refusal::invalid_request("Invalid password length."));
    }
    if password.is_empty() {
        return Err(Refusal::invalid_request("Password must not be empty."));
    }
    Ok(())
}

impl From<PasswordError> for Fault {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                Refusal::of_status(status, "Too many sign-ins at the moment").into()
            }
            PasswordError::Failed => Self::Internal(error.into()),
        }
    }
}

impl<E> From<PasswordError> for Failure<E> {
    fn from(error: PasswordError) -> Self {
        Self::Fault(error.into())
    }
}

/// Makes an app password: four times four letters and digits, 80 bits.
pub(crate) fn new_app_password() -> String {
    let text = BASE32_NOPAD.encode(&random::<10>()).to_ascii_lowercase();
    format!("{}-{}-{}-{}", &text[..4], &text[4..8], &text[8..12], &text[12..])
}

/// Tells whether a password looks as those for apps do.
pub(crate) fn is_app_password(password: &str) -> bool {
    let groups = password.split('-');
    let is_group =
        |group: &str| group.len() == 4 && group.bytes().all(|b| b.is_ascii_alphanumeric());
    groups.clone().count() == 4 && groups.into_iter().all(is_group)
}

/// Hashes an app password. Those of different accounts have different hashes.
pub(crate) fn hash_app_password(did: &Did, password: &str) -> String {
    let mut hash = Sha256::new();
    for part in ["pagurus app password", did.as_str(), &password.to_ascii_lowercase()] {
        hash.update(part);
        hash.update([0]);
    }
    format!("{APP_PREFIX}{}", BASE64_NOPAD.encode(&hash.finalize()))
}

/// Compares two hashes of app passwords, in a time that does not tell where they differ.
pub(crate) fn is_same_hash(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

fn check(hash: &str, password: &str) -> Option<Check> {
    if let Some(rest) = hash.strip_prefix("$argon2id$v=19$") {
        let (cost, rest) = rest.split_once('$')?;
        let (salt, expected) = rest.split_once('$')?;
        let cost = parse_cost(cost)?;
        let salt = BASE64_NOPAD.decode(salt.as_bytes()).ok()?;
        let expected = BASE64_NOPAD.decode(expected.as_bytes()).ok()?;
        let is_right: bool = argon2id(password, &salt, cost)?.ct_eq(&expected).into();
        return Some(match is_right {
            false => Check::Wrong,
            true if cost == COST => Check::Right,
            true => Check::RightButOutdated,
        });
    }
    // The reference salts with the hexadecimal text, not with the bytes that it stands for.
    let (salt, expected) = hash.split_once(':')?;
    let expected = HEXLOWER.decode(expected.as_bytes()).ok()?;
    let (log_n, r, p) = SCRYPT_COST;
    let params = scrypt::Params::new(log_n, r, p).ok()?;
    let mut found = vec![0; 64];
    scrypt::scrypt(password.as_bytes(), salt.as_bytes(), &params, &mut found).ok()?;
    let is_right: bool = found.ct_eq(&expected).into();
    Some(if is_right { Check::RightButOutdated } else { Check::Wrong })
}

fn argon2id(password: &str, salt: &[u8], cost: (u32, u32, u32)) -> Option<[u8; HASH_BYTES]> {
    let params = Params::new(cost.0, cost.1, cost.2, Some(HASH_BYTES)).ok()?;
    let mut hash = [0; HASH_BYTES];
    let mut memory = vec![Block::default(); params.block_count()];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(password.as_bytes(), salt, &mut hash, &mut memory)
        .ok()?;
    Some(hash)
}

fn encode(salt: &[u8], hash: &[u8]) -> String {
    let (memory, passes, lanes) = COST;
    let (salt, hash) = (BASE64_NOPAD.encode(salt), BASE64_NOPAD.encode(hash));
    format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${hash}")
}

fn parse_cost(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split(',');
    let mut part = |name| parts.next()?.strip_prefix(name)?.parse().ok();
    Some((part("m=")?, part("t=")?, part("p=")?))
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_right_and_all_others_are_wrong() {
        let passwords = Passwords::new(2);
        let hash = passwords.hash("correct horse").await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, passwords.hash("correct horse").await.unwrap());
        for (password, outcome) in [
            ("correct horse", Check::Right),
            ("correct horse ", Check::Wrong),
            ("", Check::Wrong),
            (&"x".repeat(513), Check::Wrong),
        ] {
            assert_eq!(passwords.check(Some(&hash), password).await, Ok(outcome));
        }
        assert_eq!(passwords.check(None, "correct horse").await, Ok(Check::Wrong));
        let cheap = argon2id("p", &[1; 16], (64, 1, 1)).unwrap();
        let (salt, cheap) = (BASE64_NOPAD.encode(&[1; 16]), BASE64_NOPAD.encode(&cheap));
        let cheap = format!("$argon2id$v=19$m=64,t=1,p=1${salt}${cheap}");
        assert_eq!(passwords.check(Some(&cheap), "p").await, Ok(Check::RightButOutdated));
    }

    #[test]
    fn what_is_checked_where_there_is_no_account_costs_as_much_as_a_password() {
        let decoy = Passwords::new(1).decoy;
        let real = encode(&[1; SALT_BYTES], &[1; HASH_BYTES]);
        let form = |hash: &str| {
            let (cost, rest) =
                hash.strip_prefix("$argon2id$v=19$").unwrap().split_once('$').unwrap();
            (parse_cost(cost).unwrap(), rest.len())
        };
        assert_eq!(form(&decoy), form(&real));
        assert_eq!(form(&decoy).0, COST);
        assert_eq!(check(&decoy, ""), Some(Check::Wrong), "it can be computed");
    }

    #[tokio::test]
    async fn hashes_of_the_reference_are_read_and_replaced() {
        // scryptSync("hunter2", "000102030405060708090a0b0c0d0e0f", 64) in Node.
        let stored = "000102030405060708090a0b0c0d0e0f:ea9df5abd6826beb5d198aee803e767419b2a56139c50a\
                      128286e6b619b3c8bb1a0c5c5a2f436f860ba0670d7d02a4318d05626cc059606fc165577a35\
                      bdaddc";
        let passwords = Passwords::new(1);
        let right = passwords.check(Some(stored), "hunter2").await;
        assert_eq!(right, Ok(Check::RightButOutdated));
        assert_eq!(passwords.check(Some(stored), "hunter3").await, Ok(Check::Wrong));
    }

    #[test]
    fn app_passwords_have_a_form_and_hashes_of_their_account() {
        let password = new_app_password();
        assert!(is_app_password(&password), "{password}");
        for other in ["", "abcd-abcd-abcd", "abcd-abcd-abcd-abc!", "abcd-abcd-abcd-abcde"] {
            assert!(!is_app_password(other), "{other}");
        }
        let (alice, bob) = ("did:web:a".parse().unwrap(), "did:web:b".parse().unwrap());
        let hash = hash_app_password(&alice, &password);
        assert!(is_same_hash(&hash, &hash_app_password(&alice, &password.to_uppercase())));
        assert!(!is_same_hash(&hash, &hash_app_password(&bob, &password)));
    }
}
