//! What the server does for people: one use case, one function, given the connection, the time,
//! the server's secrets and the input. No function here knows of HTTP or SQL.
//!
//! A refusal is a value, not a failure: what was written along with it (a revoked session) is kept.

pub mod accounts;
pub mod alarms;
pub mod attachments;
pub mod audit;
pub mod codes;
pub mod collecting;
pub mod contact;
pub mod contributions;
pub mod desks;
pub mod devices;
pub mod editions;
pub mod enrolment;
pub mod everybody;
pub mod glass;
pub mod histories;
pub mod imports;
pub mod legal_holds;
pub mod news;
pub mod outside;
pub mod page_sessions;
pub mod people;
pub mod posts;
pub mod practice;
pub mod pull;
pub mod reading;
pub mod reason;
pub mod reckon;
pub mod refresh;
pub mod roll;
pub mod second_factor;
pub mod secrets;
pub mod sessions;
pub mod settling;
pub mod tokens;

/// Why a person or phone is not let in. The same for everything an outsider could probe.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Unknown sign-in name, wrong password or a person who left: nobody is told which.
    SignInFailed,
    /// No such enrolment code for this person.
    CodeUnknown,
    /// The code was used on another phone.
    CodeUsed,
    /// The code is past its day.
    CodeExpired,
    /// The phone's key or actor belongs to an enrolled phone.
    DeviceKnown,
    /// The public key is not one that can be relied upon.
    BadKey,
    /// The token is not valid, or no longer.
    SessionEnded,
    /// The session was revoked: sign in or enrol again.
    SessionRevoked,
    /// The phone was retired: it may only surrender its work.
    DeviceRetired,
    /// The phone was reported stolen: it may only erase.
    DeviceStolen,
    /// The phone is not marked: it has nothing to surrender.
    DeviceActive,
}

impl Refusal {
    /// The code in the audit and in the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SignInFailed => "sign_in_failed",
            Self::CodeUnknown => "code_unknown",
            Self::CodeUsed => "code_used",
            Self::CodeExpired => "code_expired",
            Self::DeviceKnown => "device_known",
            Self::BadKey => "bad_key",
            Self::SessionEnded => "session_ended",
            Self::SessionRevoked => "session_revoked",
            Self::DeviceRetired => "device_retired",
            Self::DeviceStolen => "device_stolen",
            Self::DeviceActive => "device_active",
        }
    }
}

/// What a use case hands back: the failure of the machine outside, the refusal inside.
pub type Answer<T> = Result<Result<T, Refusal>, crate::db::Error>;
