//! What was counted of this server's clusters, for the authority's own server and for nobody else.

use actix_web::web::{Data, Json, Query};
use actix_web::{HttpRequest, get};
use serde::Deserialize;

use super::identity::place;
use super::{origin, peer};
use crate::app::AppState;
use crate::db::Conn;
use crate::error::{ApiError, ErrorBody};
use crate::service::audit::note::Written;
use crate::service::audit::{Act, Note, Who};
use crate::service::contributions::{self, Given};

/// Which contribution is wanted.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AfterQuery {
    /// The number of the one before; nought for the first.
    after: i64,
}

/// The next of the exact, signed counts that were made here at the end of a period. Given to the server whose
/// key the operator allowed, over a connection on which it proved that key with its certificate; a signed-in
/// person is not asked for and of no use. That it went, or that another asked, is written down first.
#[utoipa::path(
    tag = "figures",
    params(("after" = i64, Query, description = "The number of the one before; nought for the first")),
    responses(
        (status = 200, body = Given, description = "The next contribution, if there is one"),
        (status = 403, body = ErrorBody, description = "not_the_authority"),
        (status = 429, body = ErrorBody, description = "too_often"),
    )
)]
#[get("/v1/contributions")]
pub(crate) async fn show(
    state: Data<AppState>,
    request: HttpRequest,
    query: Query<AfterQuery>,
) -> Result<Json<Given>, ApiError> {
    let who = Who { origin: origin(&request), ..Who::default() };
    if let Some(key) = peer::other_server(&request) {
        let (mut pen, own) = (state.pen(who.clone())?, state.secrets.clone());
        let asked = (key, query.after);
        let work = move |conn: &mut Conn| {
            contributions::give(conn, &mut pen, &own.figures_key, (&asked.0, asked.1))
        };
        let given: Option<Written<Given>> = state.db.write(work).await?;
        if let Some(given) = given {
            return Ok(Json(given.into_inner()));
        }
    }
    // As many rows as an address may send unproved: a stranger fills no audit.
    state.limits.unproved(place(&request))?;
    let refused = ApiError::not_the_authority();
    state.note(who, Note::of(Act::GiveFigures).refused(refused.code())).await?;
    Err(refused)
}
