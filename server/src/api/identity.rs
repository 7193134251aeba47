//! Enrolling a phone, signing in, refreshing, and who one is.

use actix_web::{HttpRequest, get, post, web};
use serde::{Deserialize, Serialize};
use sync_core::ids::{Actor, AgencyId, ClusterId, DeviceId, UserId};
use sync_core::time::Timestamp;
use utoipa::ToSchema;

use super::{Session, origin};
use crate::app::{AppState, Given};
use crate::db::{self, Conn};
use crate::error::{ApiError, ErrorBody};
use crate::limits::Place;
use crate::role::Role;
use crate::service::audit::{Act, Note, Who};
use crate::service::enrolment::{self, Enrolled, Enrolment};
use crate::service::refresh::{self, Pair, Refresh};
use crate::service::sessions::{self, Person};
use crate::service::tokens;

/// Longest name of a device, bytes.
const NAME_BYTES: usize = 200;

/// A phone asks to be enrolled.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrolRequest {
    /// The one-time code, however it was typed.
    code: String,
    sign_in: String,
    password: String,
    /// The code of the person's app, if they have one.
    #[serde(default)]
    app_code: Option<String>,
    /// The phone's Ed25519 key: 64 hexadecimal digits.
    public_key: String,
    /// The actor this installation writes as: 32 hexadecimal digits.
    #[schema(value_type = String)]
    actor: Actor,
    /// What its user calls the phone.
    device_name: String,
}

impl EnrolRequest {
    /// The phone's key and its name.
    ///
    /// # Errors
    /// [`ApiError`] for a key of another length, or a name that no screen shows.
    pub fn parse(&self) -> Result<([u8; 32], String), ApiError> {
        Ok((hex(&self.public_key)?, name(&self.device_name)?))
    }
}

/// An enrolled phone.
#[derive(Serialize, ToSchema)]
pub struct EnrolAnswer {
    #[schema(value_type = String)]
    device: DeviceId,
    #[serde(flatten)]
    person: PersonView,
    #[serde(flatten)]
    tokens: TokenView,
}

/// A person signs in without a phone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInRequest {
    sign_in: String,
    password: String,
    /// The code of the person's app, if they have one.
    #[serde(default)]
    code: Option<String>,
}

/// A session without a phone: it ends with its access token.
#[derive(Serialize, ToSchema)]
pub struct SignInAnswer {
    #[serde(flatten)]
    person: PersonView,
    access_token: String,
    #[schema(value_type = i64)]
    access_expires_at: Timestamp,
    #[schema(value_type = i64)]
    server_time: Timestamp,
}

/// A phone asks for new tokens.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// 64 hexadecimal digits.
    refresh_token: String,
    #[schema(value_type = String)]
    device: DeviceId,
    /// Ed25519 over "caseweave refresh v1" and the token's 32 bytes: 128 hexadecimal digits.
    signature: String,
}

impl TokenRequest {
    /// What the phone asks.
    ///
    /// # Errors
    /// [`ApiError`] for a token or signature of another length.
    pub fn parse(&self) -> Result<Refresh, ApiError> {
        let (token, signature) = (hex(&self.refresh_token)?, hex(&self.signature)?);
        Ok(Refresh { token, device: self.device, signature })
    }
}

/// New tokens.
#[derive(Serialize, ToSchema)]
pub struct TokenView {
    access_token: String,
    /// From when the access token is refused.
    #[schema(value_type = i64)]
    access_expires_at: Timestamp,
    /// To be exchanged once; 64 hexadecimal digits.
    refresh_token: String,
    #[schema(value_type = i64)]
    server_time: Timestamp,
}

/// A person as they are shown to themselves.
#[derive(Serialize, ToSchema)]
pub struct PersonView {
    #[schema(value_type = String)]
    user: UserId,
    display_name: String,
    /// The agency they work for; absent for somebody without a post.
    agency: Option<AgencyView>,
    clusters: Vec<ClusterView>,
}

/// An agency.
#[derive(Serialize, ToSchema)]
pub struct AgencyView {
    #[schema(value_type = String)]
    id: AgencyId,
    slug: String,
    name: String,
}

/// A cluster and what the person does in it.
#[derive(Serialize, ToSchema)]
pub struct ClusterView {
    #[schema(value_type = String)]
    id: ClusterId,
    name: String,
    roles: Vec<Role>,
}

/// Enrols a phone with a one-time code and the person's password. A repeat by the same phone with
/// the same code is answered again; with a new code, a phone whose session is over goes on.
#[utoipa::path(
    tag = "identity",
    responses(
        (status = 200, body = EnrolAnswer, description = "Enrolled"),
        (status = 401, body = ErrorBody, description = "sign_in_failed"),
        (status = 403, body = ErrorBody, description = "code_unknown, code_used, code_expired"),
        (status = 409, body = ErrorBody, description = "device_known"),
        (status = 429, body = ErrorBody, description = "too_often"),
    )
)]
#[post("/enrol")]
pub(crate) async fn enrol_device(
    state: web::Data<AppState>,
    request: HttpRequest,
    body: web::Json<EnrolRequest>,
) -> Result<web::Json<EnrolAnswer>, ApiError> {
    let origin = origin(&request);
    let (public_key, device_name) = body.parse()?;
    let EnrolRequest { code, sign_in, password, app_code, actor, .. } = body.into_inner();
    state.limits.sign_in(&sign_in, place(&request))?;
    let given = Given { sign_in, password, code: app_code };
    let user = state.check_password(given, origin).await??;
    let input = Enrolment { user, code, public_key, actor, device_name };
    let entropy = &state.entropy;
    let fresh = enrolment::Fresh { device: entropy.bytes()?, session: entropy.bytes()? };
    let (now, secrets) = (state.clock.now(), state.secrets.clone());
    let pen = state.pen(Who::default())?;
    let work = move |conn: &mut Conn| {
        let enrolled = enrolment::enrol(conn, now, &secrets, &input, &fresh)?;
        let device = enrolled.as_ref().ok().map(|it| it.device);
        let who = Who { device, ..Who::known(conn, &user, origin)? };
        pen.of(who).write(conn, &Note::of(Act::Enrol).came_of(&enrolled))?;
        Ok::<_, db::Error>(enrolled)
    };
    let enrolled: Enrolled = state.db.write(work).await??;
    Ok(web::Json(EnrolAnswer {
        device: enrolled.device,
        person: enrolled.person.into(),
        tokens: TokenView::new(enrolled.tokens, now),
    }))
}

/// Signs in without a phone.
#[utoipa::path(
    tag = "identity",
    responses(
        (status = 200, body = SignInAnswer, description = "Signed in"),
        (status = 401, body = ErrorBody, description = "sign_in_failed"),
        (status = 429, body = ErrorBody, description = "too_often"),
    )
)]
#[post("/sign-in")]
pub(crate) async fn begin_session(
    state: web::Data<AppState>,
    request: HttpRequest,
    body: web::Json<SignInRequest>,
) -> Result<web::Json<SignInAnswer>, ApiError> {
    let (body, origin) = (body.into_inner(), origin(&request));
    state.limits.sign_in(&body.sign_in, place(&request))?;
    let SignInRequest { sign_in, password, code } = body;
    let user = state.check_password(Given { sign_in, password, code }, origin).await??;
    let (now, secrets) = (state.clock.now(), state.secrets.clone());
    let session = state.entropy.bytes()?;
    let pen = state.pen(Who::default())?;
    let work = move |conn: &mut Conn| {
        let begun = sessions::sign_in(conn, now, &secrets, &user, session)?;
        let who = Who::known(conn, &user, origin)?;
        pen.of(who).write(conn, &Note::of(Act::SignIn).came_of(&begun))?;
        Ok::<_, db::Error>(begun)
    };
    let (person, access): (Person, tokens::Access) = state.db.write(work).await??;
    Ok(web::Json(SignInAnswer {
        person: person.into(),
        access_token: access.token,
        access_expires_at: access.expires_at,
        server_time: now,
    }))
}

/// Exchanges a phone's refresh token. A repeat whose answer was lost gets the same token again; a
/// wrong signature, or a token whose successor was used, ends the session.
#[utoipa::path(
    tag = "identity",
    responses(
        (status = 200, body = TokenView, description = "New tokens"),
        (status = 401, body = ErrorBody, description = "session_ended, session_revoked"),
        (status = 403, body = ErrorBody, description = "device_retired, device_stolen"),
        (status = 429, body = ErrorBody, description = "too_often"),
    )
)]
#[post("/token")]
pub(crate) async fn renew_tokens(
    state: web::Data<AppState>,
    request: HttpRequest,
    body: web::Json<TokenRequest>,
) -> Result<web::Json<TokenView>, ApiError> {
    let (mut pen, origin) = (state.pen(Who::default())?, origin(&request));
    let input = body.parse()?;
    let claimed = input.clone();
    let phone = state.db.read(move |conn| refresh::proved(conn, &claimed)).await?;
    match &phone {
        Some(phone) => state.limits.device(&phone.id)?,
        None => state.limits.unproved(place(&request))?,
    }
    let (now, secrets) = (state.clock.now(), state.secrets.clone());
    let work = move |conn: &mut Conn| {
        let pair = refresh::refresh(conn, now, &secrets, &input)?;
        // What goes on as it should is in the rows of what is then done.
        if pair.is_err() {
            let who = Who::proved(conn, phone.as_ref(), origin)?;
            let note = Note::of(Act::Refresh).about(*input.device.as_bytes());
            pen = pen.of(who);
            pen.write(conn, &note.came_of(&pair))?;
        }
        Ok::<_, db::Error>(pair)
    };
    let pair: Pair = state.db.write(work).await??;
    Ok(web::Json(TokenView::new(pair, now)))
}

/// Who bears the access token.
#[utoipa::path(
    tag = "identity",
    security(("access_token" = [])),
    responses(
        (status = 200, body = PersonView, description = "The person"),
        (status = 401, body = ErrorBody, description = "no_token, session_ended, session_revoked"),
        (status = 403, body = ErrorBody, description = "device_retired, device_stolen"),
    )
)]
#[get("/me")]
pub(crate) async fn show_me(session: Session) -> web::Json<PersonView> {
    web::Json(session.person.clone().into())
}

/// Where a request comes from.
pub(crate) fn place(request: &HttpRequest) -> Place {
    Place::of(request.peer_addr().map(|peer| peer.ip()))
}

fn name(given: &str) -> Result<String, ApiError> {
    let given = given.trim();
    let fits = !given.is_empty() && given.len() <= NAME_BYTES;
    let clean = !given.chars().any(char::is_control);
    if fits && clean { Ok(given.to_owned()) } else { Err(ApiError::bad_request()) }
}

fn hex<const N: usize>(text: &str) -> Result<[u8; N], ApiError> {
    crate::hex::decode(text).ok_or(ApiError::bad_request())
}

impl TokenView {
    fn new(pair: Pair, now: Timestamp) -> Self {
        Self {
            access_token: pair.access.token,
            access_expires_at: pair.access.expires_at,
            refresh_token: crate::hex::encode(&pair.refresh),
            server_time: now,
        }
    }
}

impl From<Person> for PersonView {
    fn from(person: Person) -> Self {
        let agency = person.memberships.first().map(|post| AgencyView {
            id: post.agency,
            slug: post.agency_slug.clone(),
            name: post.agency_name.clone(),
        });
        let mut clusters: Vec<ClusterView> = Vec::new();
        for post in person.memberships {
            match clusters.last_mut() {
                Some(last) if last.id == post.cluster => last.roles.push(post.role),
                _ => clusters.push(ClusterView {
                    id: post.cluster,
                    name: post.cluster_name,
                    roles: vec![post.role],
                }),
            }
        }
        Self { user: person.id, display_name: person.display_name, agency, clusters }
    }
}
