//! What a failed request is told. The only place where a status code is chosen, and where an
//! unforeseen failure is logged, once.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use sync_core::policy::Denied;
use utoipa::ToSchema;

use crate::app::{CheckFailed, NoEntropy, ShowError};
use crate::db;
use crate::ingest::release::ReviewError;
use crate::limits::TooOften;
use crate::passwords::HashFailed;
use crate::service::Refusal;
use crate::service::accounts::AccountError;
use crate::service::attachments::AttachmentError;
use crate::service::devices::MarkError;
use crate::service::glass::GlassError;

/// A failure as it is sent.
#[derive(Serialize, ToSchema)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
}

/// What went wrong.
#[derive(Serialize, ToSchema)]
pub struct ErrorDetail {
    /// A word that does not change, for programs.
    #[schema(value_type = String, example = "session_ended")]
    pub code: &'static str,
    /// A sentence for the person at the screen; never holds data of anybody.
    #[schema(value_type = String)]
    pub detail: &'static str,
}

/// A failed request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    detail: &'static str,
    /// When to come again, seconds.
    retry_after: Option<u32>,
}

/// When a busy server is worth asking again, seconds.
const BUSY_FOR: u32 = 2;

impl ApiError {
    /// Protection records that do not open by breaking the glass.
    pub const NO_GLASS: &'static str = "no_glass";

    const fn new(status: StatusCode, code: &'static str, detail: &'static str) -> Self {
        Self { status, code, detail, retry_after: None }
    }

    /// Somebody knocks too often; `seconds` until it is worth trying again.
    #[must_use]
    pub const fn too_often(seconds: u32) -> Self {
        let detail = "That was tried too often. Please wait a little and try again.";
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_often", detail);
        Self { retry_after: Some(seconds), ..error }
    }

    /// There is nothing at this address.
    #[must_use]
    pub const fn no_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is nothing at this address.")
    }

    /// The body is too large.
    #[must_use]
    pub const fn too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "The request is too large.")
    }

    /// The body is not what the address expects.
    #[must_use]
    pub const fn bad_request() -> Self {
        let detail = "The request is not of the form this address expects.";
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    /// The body is not said to be JSON.
    #[must_use]
    pub const fn not_json() -> Self {
        let detail = "This address expects a body of type application/json.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", detail)
    }

    /// There is no token in the request.
    #[must_use]
    pub const fn no_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "no_token", "Please sign in.")
    }

    /// The session has no phone, which the address needs.
    #[must_use]
    pub const fn no_phone() -> Self {
        let detail = "Only an enrolled phone can do this.";
        Self::new(StatusCode::FORBIDDEN, "no_phone", detail)
    }

    /// The connection shows no certificate, and this server asks phones for one.
    #[must_use]
    pub const fn no_certificate() -> Self {
        let detail = "This phone has no certificate of this service. Ask who set it up.";
        Self::new(StatusCode::FORBIDDEN, "no_certificate", detail)
    }

    /// The connection is of no server that may collect figures here.
    #[must_use]
    pub const fn not_the_authority() -> Self {
        let detail =
            "Only the authority's own server may ask this, with a key that was allowed here.";
        Self::new(StatusCode::FORBIDDEN, "not_the_authority", detail)
    }

    /// The request is of a version that this server does not speak any more.
    #[must_use]
    pub const fn app_too_old() -> Self {
        let detail = "This app is too old for the server. Please update it; your work is kept.";
        Self::new(StatusCode::BAD_REQUEST, "app_too_old", detail)
    }

    /// The request is of a version that this server does not speak yet.
    #[must_use]
    pub const fn server_too_old() -> Self {
        let detail = "This app is newer than the server. Your work is kept until it is updated.";
        Self::new(StatusCode::BAD_REQUEST, "server_too_old", detail)
    }

    /// There is no such thing, or it is not the person's to know of: the same words for both.
    #[must_use]
    pub const fn not_open() -> Self {
        let detail = "There is nothing here that is open to you.";
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// The person's role does not include this.
    #[must_use]
    pub const fn not_your_role() -> Self {
        let detail = "This is not part of your role.";
        Self::new(StatusCode::FORBIDDEN, "not_your_role", detail)
    }

    /// A form that is of another session, or of none.
    #[must_use]
    pub const fn other_form() -> Self {
        let detail = "This form is too old or came from somewhere else. Nothing was changed.";
        Self::new(StatusCode::FORBIDDEN, "other_form", detail)
    }

    /// The server cannot serve now.
    #[must_use]
    pub const fn not_ready() -> Self {
        let detail = "The server is not ready. Please try again in a moment.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", detail)
    }

    /// Too many at once.
    #[must_use]
    pub const fn busy() -> Self {
        let detail = "The server is busy. Please try again in a moment.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail)
    }

    /// What was asked for cannot be written down in the audit, so it is not shown.
    #[must_use]
    pub const fn not_noted() -> Self {
        let detail = "Who sees what is always written down, and that is not possible now. Nothing is \
                      shown until it is. Please try again in a moment.";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_noted", detail)
    }

    /// A reason that is longer than others are asked to read.
    const fn long_reason() -> Self {
        let detail = "Please say why in fewer words: at most 2,000 letters.";
        Self::new(StatusCode::BAD_REQUEST, "long_reason", detail)
    }

    /// Something unforeseen; log it before making this.
    pub(crate) const fn internal() -> Self {
        let detail = "Something went wrong on the server. Your work on this device is safe.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// When it is worth trying again, seconds, if that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<u32> {
        let busy = (self.status == StatusCode::SERVICE_UNAVAILABLE).then_some(BUSY_FOR);
        self.retry_after.or(busy)
    }

    /// The sentence for the person at the screen.
    #[must_use]
    pub const fn detail(&self) -> &'static str {
        self.detail
    }

    /// The word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let error = ErrorDetail { code: self.code, detail: self.detail };
        let mut answer = HttpResponse::build(self.status);
        if let Some(seconds) = self.retry_after() {
            answer.insert_header(("Retry-After", seconds.to_string()));
        }
        answer.json(ErrorBody { error })
    }
}

const CODE_UNKNOWN: &str =
    "There is no such enrolment code for you. Check what you typed, or ask for another.";

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        let (status, code, detail) = match refusal {
            Refusal::SignInFailed => (
                StatusCode::UNAUTHORIZED,
                "sign_in_failed",
                "The sign-in name or the password is wrong.",
            ),
            Refusal::CodeUnknown => (StatusCode::FORBIDDEN, "code_unknown", CODE_UNKNOWN),
            Refusal::CodeUsed => (
                StatusCode::FORBIDDEN,
                "code_used",
                "This enrolment code was used already. Ask for another.",
            ),
            Refusal::CodeExpired => (
                StatusCode::FORBIDDEN,
                "code_expired",
                "This enrolment code is too old. Ask for another.",
            ),
            Refusal::DeviceKnown => {
                (StatusCode::CONFLICT, "device_known", "This phone is enrolled already.")
            }
            Refusal::BadKey => (
                StatusCode::BAD_REQUEST,
                "bad_key",
                "The key that this phone made cannot be relied upon. Please enrol another phone with this \
                 code, and tell whoever looks after the phones.",
            ),
            Refusal::SessionEnded => {
                (StatusCode::UNAUTHORIZED, "session_ended", "Please sign in again.")
            }
            Refusal::SessionRevoked => (
                StatusCode::UNAUTHORIZED,
                "session_revoked",
                "This session was ended for safety. Ask for a new enrolment code.",
            ),
            Refusal::DeviceRetired => {
                (StatusCode::FORBIDDEN, "device_retired", "This phone was retired.")
            }
            Refusal::DeviceStolen => {
                (StatusCode::FORBIDDEN, "device_stolen", "This phone was reported lost or stolen.")
            }
            Refusal::DeviceActive => {
                (StatusCode::CONFLICT, "device_active", "This phone is in use. Sync as usual.")
            }
        };
        Self::new(status, code, detail)
    }
}

impl From<TooOften> for ApiError {
    fn from(error: TooOften) -> Self {
        Self::too_often(error.seconds)
    }
}

impl From<AccountError> for ApiError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::NotYours => Self::not_open(),
            AccountError::Decided => {
                let detail = "Somebody has decided about this already.";
                Self::new(StatusCode::CONFLICT, "decided", detail)
            }
            AccountError::OtherAgency => {
                let detail = "This person works for another agency.";
                Self::new(StatusCode::CONFLICT, "other_agency", detail)
            }
            AccountError::OwnPost => {
                let detail = "Nobody gives themselves a post. Ask another administrator.";
                Self::new(StatusCode::FORBIDDEN, "own_post", detail)
            }
            AccountError::Taken(_) => {
                let detail = "This person has that post already, or somebody proposed it.";
                Self::new(StatusCode::CONFLICT, "taken", detail)
            }
            AccountError::Unknown(_) => {
                let detail = "There is no such person or agency here.";
                Self::new(StatusCode::BAD_REQUEST, "unknown", detail)
            }
            AccountError::WhichAuthority | AccountError::BadText(_) => Self::bad_request(),
            AccountError::Db(error) => error.into(),
        }
    }
}

impl From<MarkError> for ApiError {
    fn from(error: MarkError) -> Self {
        match error {
            MarkError::NotOpen => Self::not_open(),
            MarkError::NotByItsUser => Self::new(
                StatusCode::FORBIDDEN,
                "not_by_its_user",
                "Ask your lead or an administrator: whoever took the phone may have your password.",
            ),
            MarkError::Erased => Self::new(
                StatusCode::CONFLICT,
                "erased",
                "This phone was erased already. It has to be enrolled anew.",
            ),
            MarkError::Desk => Self::new(
                StatusCode::CONFLICT,
                "desk_ended",
                "This desk was signed out. Sign in again with the browser to have a new one.",
            ),
        }
    }
}

impl From<ReviewError> for ApiError {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::NotOpen => Self::not_open(),
            ReviewError::NoReason => {
                Self::new(StatusCode::BAD_REQUEST, "no_reason", "Please say why.")
            }
            ReviewError::LongReason => Self::long_reason(),
            ReviewError::Decided => Self::new(
                StatusCode::CONFLICT,
                "decided",
                "Somebody has decided about this already.",
            ),
            ReviewError::NotBegun => Self::new(
                StatusCode::CONFLICT,
                "not_begun",
                "The case itself waits, too. Release what begins it first.",
            ),
            ReviewError::DoesNotFit(_) => Self::new(
                StatusCode::CONFLICT,
                "does_not_fit",
                "This no longer fits the record. Give it back to its author.",
            ),
        }
    }
}

impl From<db::Error> for ApiError {
    fn from(error: db::Error) -> Self {
        match error {
            db::Error::Busy => Self::busy(),
            db::Error::Taken => Self::new(
                StatusCode::CONFLICT,
                "taken",
                "Somebody else was faster. Please try again.",
            ),
            other => {
                tracing::error!(error = %other, "the database failed");
                Self::internal()
            }
        }
    }
}

impl From<ShowError> for ApiError {
    fn from(error: ShowError) -> Self {
        match error {
            ShowError::Db(error) => error.into(),
            ShowError::Entropy(error) => error.into(),
            ShowError::NotNoted => Self::not_noted(),
        }
    }
}

impl From<AttachmentError> for ApiError {
    fn from(error: AttachmentError) -> Self {
        let code = error.code();
        let detail = match error {
            AttachmentError::NotOpen => return Self::not_open(),
            AttachmentError::NotArrived => "It has not arrived from its author's phone yet.",
            AttachmentError::WrongPlace => {
                "These are not the next bytes. Ask how far they are here."
            }
            AttachmentError::OtherBytes => {
                "This is not what the record says. Nothing of it is kept."
            }
            AttachmentError::Io(error) => {
                tracing::error!(kind = %error.kind(), "the bytes of an attachment cannot be reached");
                return Self::internal();
            }
        };
        Self::new(StatusCode::CONFLICT, code, detail)
    }
}

impl From<GlassError> for ApiError {
    fn from(error: GlassError) -> Self {
        match error {
            GlassError::NoReason => Self::new(
                StatusCode::BAD_REQUEST,
                "no_reason",
                "Please say why, in a few sentences.",
            ),
            GlassError::LongReason => Self::long_reason(),
            GlassError::Denied(Denied::AlreadyOpen) => Self::new(
                StatusCode::CONFLICT,
                "already_open",
                "These records are open to you already.",
            ),
            GlassError::Denied(Denied::NoGlass) => Self::new(
                StatusCode::FORBIDDEN,
                Self::NO_GLASS,
                "These records cannot be opened this way. Ring the duty officer.",
            ),
            GlassError::Denied(_) => Self::not_open(),
        }
    }
}

impl From<NoEntropy> for ApiError {
    fn from(error: NoEntropy) -> Self {
        tracing::error!(%error, "no random bytes");
        Self::internal()
    }
}

impl From<HashFailed> for ApiError {
    fn from(error: HashFailed) -> Self {
        tracing::error!(%error, "a password could not be checked");
        Self::internal()
    }
}

impl From<CheckFailed> for ApiError {
    fn from(error: CheckFailed) -> Self {
        match error {
            CheckFailed::Db(error) => error.into(),
            CheckFailed::Hash(error) => error.into(),
            CheckFailed::Note(error) => error.into(),
        }
    }
}
