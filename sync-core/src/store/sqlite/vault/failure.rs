//! Why a vault did not open, in the words of who holds the phone.

use crate::limits::PIN_CHARS;
use crate::store::StoreError;

/// Why a vault could not do what was asked. Nothing was overwritten.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Another PIN opens it.
    #[error("this PIN is wrong: {}", tries_left(*left))]
    WrongPin {
        /// How many more wrong ones are looked at before it is locked.
        left: u8,
    },
    /// Too many wrong PINs; no more are looked at.
    #[error(
        "too many wrong PINs: connect to the server and sign in with your password; nothing \
             was deleted"
    )]
    Locked,
    /// The platform's secret is another one, or is needed and was not given.
    #[error(
        "this data was locked on another phone, or this phone was set up anew since: it cannot \
             be opened here"
    )]
    WrongDevice,
    /// The keys file is not what was written.
    #[error("the file with the key to this phone's data is damaged: nothing was overwritten")]
    Damaged,
    /// There is no keys file.
    #[error("this phone holds no key to any data")]
    Missing,
    /// There is a keys file already.
    #[error("this phone holds a key already: nothing was overwritten")]
    Exists,
    /// The PIN is one that others try first.
    #[error(
        "choose another PIN: at least {PIN_CHARS} characters, not one of them repeated and not \
             a run such as 123456"
    )]
    WeakPin,
    /// No PIN was given.
    #[error("your PIN is needed")]
    PinNeeded,
    /// A file cannot be read or written, or the database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn tries_left(left: u8) -> String {
    match left {
        1 => "one try is left".to_owned(),
        _ => format!("{left} tries are left"),
    }
}
