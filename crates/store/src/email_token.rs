//! Tokens that were mailed to the owners of accounts, to prove that they get their mail.

use crate::account::AccountId;
use crate::error::Error;
use crate::tx::{Row, Tx, Value, int};

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// To confirm the address.
    ConfirmEmail,
    /// To take another address.
    UpdateEmail,
    /// To set another password.
    ResetPassword,
    /// To delete the account.
    DeleteAccount,
    /// To change the identity.
    PlcOperation,
    /// To sign in, beside the password.
    SignIn,
}

/// A token. There is one for each account and purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailToken {
    /// Whose it is.
    pub account: AccountId,
    /// What was mailed.
    pub token: String,
    /// When it was made, in milliseconds since 1970.
    pub created_at: u64,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::ConfirmEmail => "confirm_email",
            Self::UpdateEmail => "update_email",
            Self::ResetPassword => "reset_password",
            Self::DeleteAccount => "delete_account",
            Self::PlcOperation => "plc_operation",
            Self::SignIn => "sign_in",
        }
    }
}

fn read(row: &Row<'_>) -> Result<EmailToken, Error> {
    Ok(EmailToken {
        account: AccountId(row.int(0)?),
        token: row.text(1)?,
        created_at: row.uint(2)?,
    })
}

impl Tx<'_> {
    /// Keeps a token in place of the one before it for the same purpose.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] if another account has the same token.
    pub fn put_email_token(
        &mut self,
        account: AccountId,
        purpose: Purpose,
        token: &str,
    ) -> Result<(), Error> {
        let now_ms = int(self.now_ms());
        self.execute(
            "INSERT INTO email_token (account, purpose, token, created_at)
             VALUES ($1, $2, $3, $4)
             ON CONFLICT (account, purpose) DO UPDATE SET
               token = excluded.token, created_at = excluded.created_at",
            &[
                Value::Int(account.0),
                Value::Text(purpose.name()),
                Value::Text(token),
                Value::Int(now_ms),
            ],
        )?;
        Ok(())
    }

    /// Returns an account's token for a purpose.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn email_token(
        &mut self,
        account: AccountId,
        purpose: Purpose,
    ) -> Result<Option<EmailToken>, Error> {
        self.query_opt(
            "SELECT account, token, created_at FROM email_token
             WHERE account = $1 AND purpose = $2",
            &[Value::Int(account.0), Value::Text(purpose.name())],
            read,
        )
    }

    /// Returns the token with a text, whosever it is.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn find_email_token(
        &mut self,
        purpose: Purpose,
        token: &str,
    ) -> Result<Option<EmailToken>, Error> {
        self.query_opt(
            "SELECT account, token, created_at FROM email_token
             WHERE purpose = $1 AND token = $2",
            &[Value::Text(purpose.name()), Value::Text(token)],
            read,
        )
    }

    /// Deletes an account's token for a purpose.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_email_token(
        &mut self,
        account: AccountId,
        purpose: Purpose,
    ) -> Result<(), Error> {
        self.execute(
            "DELETE FROM email_token WHERE account = $1 AND purpose = $2",
            &[Value::Int(account.0), Value::Text(purpose.name())],
        )?;
        Ok(())
    }

    /// Deletes all of an account's tokens.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_email_tokens(&mut self, account: AccountId) -> Result<(), Error> {
        self.execute("DELETE FROM email_token WHERE account = $1", &[Value::Int(account.0)])?;
        Ok(())
    }
}
